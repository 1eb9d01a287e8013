// `npm test [-- vitest arguments]`: installs what is missing, builds, and runs every check.
// `npm run test:accuracy` measures the networks on the data set instead; it needs only the build.
import {
  buildIfStale,
  ensureSystemPackages,
  fail,
  findProgram,
  installPackages,
  runTool,
  say,
} from "./setup.mjs";

/** Any of them can open the dashboard in the tests, which are told by the variable CHROMIUM. */
const browsers = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const accuracy = process.argv[2] === "--accuracy";
const vitestArgs = process.argv.slice(accuracy ? 3 : 2);

installPackages({ dev: true });
if (!buildIfStale()) fail("the sources do not compile");
if (accuracy) {
  check("measuring accuracy", "vitest", ["run", "--mode", "accuracy", ...vitestArgs]);
} else {
  ensureSystemPackages("for the tests", [
    { package: "chromium", programs: browsers },
    { package: "ffmpeg", programs: ["ffmpeg"] },
  ]);
  process.env.CHROMIUM ??= findProgram(browsers);
  check("checking style and imports", "biome", ["check", "--error-on-warnings"]);
  check("checking types", "tsc", ["-p", "tsconfig.json"]);
  check("checking types of the page", "tsc", ["-p", "web/tsconfig.json", "--noEmit"]);
  check("running the tests", "vitest", ["run", ...vitestArgs]);
  check("measuring the running camera", "vitest", [
    "run",
    "--mode",
    "timing",
    "--passWithNoTests",
    ...vitestArgs,
  ]);
}

/** Runs a program of node_modules; the first that fails ends it all. */
function check(title, name, args) {
  say(title);
  if (!runTool(name, args)) fail(`failed: ${title}`);
}
