// `npm test [-- vitest arguments]`: installs what is missing, builds, and runs every check.
// `npm run test:accuracy` measures the networks on the data set instead, `npm run soak` what the camera endures; they
// need only the build.
// `npm run test:boards` runs the native kernels of other boards in emulators instead, and installs those.
import {
  buildIfStale,
  ensureSystemPackages,
  fail,
  findProgram,
  installPackages,
  runTool,
  say,
} from "./setup.mjs";
import { wasmTools } from "./wasm.mjs";

/** Any of them can open the dashboard in the tests, which are told by the variable CHROMIUM. */
const browsers = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** To compile for other boards and for WebAssembly, and to run what is for boards here. */
const boardTools = [
  ...wasmTools,
  { package: "gcc-arm-linux-gnueabihf", programs: ["arm-linux-gnueabihf-gcc"] },
  { package: "gcc-aarch64-linux-gnu", programs: ["aarch64-linux-gnu-gcc"] },
  // Only recommended by the compilers, and recommended packages are not installed.
  { package: "libc6-dev-armhf-cross", programs: ["/usr/arm-linux-gnueabihf/include/stdlib.h"] },
  { package: "libc6-dev-arm64-cross", programs: ["/usr/aarch64-linux-gnu/include/stdlib.h"] },
  { package: "qemu-user", programs: ["qemu-arm"] },
  // Of what the boards' Node needs, only the library can be looked for.
  { package: "libstdc++6-armhf-cross", programs: ["/usr/arm-linux-gnueabihf/lib/libstdc++.so.6"] },
  { package: "libstdc++6-arm64-cross", programs: ["/usr/aarch64-linux-gnu/lib/libstdc++.so.6"] },
];

const modes = { "--accuracy": measureAccuracy, "--boards": checkBoards, "--soak": soak };
const mode = modes[process.argv[2]];
const vitestArgs = process.argv.slice(mode === undefined ? 2 : 3);

installPackages({ dev: true });
if (mode !== checkBoards) {
  // The kernels are compared with the reference, so here they must be there.
  ensureSystemPackages("to compile the native kernels", [{ package: "gcc", programs: ["cc"] }]);
}
if (!(await buildIfStale())) fail("the sources do not compile");
(mode ?? checkAll)();

function checkAll() {
  ensureSystemPackages("for the tests", [
    { package: "chromium", programs: browsers },
    { package: "ffmpeg", programs: ["ffmpeg"] },
    { package: "mosquitto", programs: ["mosquitto", "/usr/sbin/mosquitto"] },
    // The pins of a Pi are simulated by a file system.
    { package: "fuse3", programs: ["fusermount3"] },
    { package: "libfuse3-dev", programs: ["/usr/include/fuse3/fuse.h"] },
    { package: "pkg-config", programs: ["pkg-config"] },
    { package: "gcc", programs: ["cc", "gcc"] },
  ]);
  process.env.CHROMIUM ??= findProgram(browsers);
  check("checking style and imports", "biome", ["check", "--error-on-warnings"]);
  check("checking types", "tsc", ["-p", "tsconfig.json"]);
  check("checking types of the page", "tsc", ["-p", "web/tsconfig.json", "--noEmit"]);
  check("checking types of the page /try", "tsc", ["-p", "web/try/tsconfig.json"]);
  check("running the tests", "vitest", ["run", ...vitestArgs]);
  vitestAlone("measuring the running camera", "timing");
  if (boardTools.every(({ programs }) => findProgram(programs))) {
    vitestAlone("checking the instructions of the kernels for ARMv6", "boards", "instructions");
  } else {
    say(
      "WARNING: NOT CHECKED: whether the kernels for ARMv6 run on one; npm run test:boards does, and installs",
    );
    say(`WARNING: what it needs: ${boardTools.map((tool) => tool.package).join(" ")}`);
  }
}

function measureAccuracy() {
  vitestAlone("measuring accuracy", "accuracy");
}

function soak() {
  vitestAlone("soaking", "soak");
}

function checkBoards() {
  ensureSystemPackages("for the kernels of other boards", boardTools);
  vitestAlone("checking the native kernels of other boards", "boards");
}

/** What needs the machine to itself; see vitest.config.ts. */
function vitestAlone(title, mode, ...filters) {
  check(title, "vitest", ["run", "--mode", mode, "--passWithNoTests", ...filters, ...vitestArgs]);
}

/** Runs a program of node_modules; the first that fails ends it all. */
function check(title, name, args) {
  say(title);
  if (!runTool(name, args)) fail(`failed: ${title}`);
}
