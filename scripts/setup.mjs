// What `npm start` and `npm test` share. Plain Node: it runs before any package is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** What `npm start` runs. */
export const program = join(root, "dist", "cli", "index.js");

/** Written when everything was compiled without an error; its time is that of the build. */
const buildStamp = join(root, "dist", ".built");

export function say(line) {
  console.log(`xnorcam: ${line}`);
}

/** Ends the process with one line. */
export function fail(line) {
  console.error(`xnorcam: ${line}`);
  process.exit(1);
}

/** Runs a command in the project's folder, its output on ours. @returns whether it exited with 0. */
export function run(command, args, env = {}) {
  const options = { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } };
  return spawnSync(command, args, options).status === 0;
}

/** Runs a program that came with a package. */
export function runTool(name, args) {
  return run(join(root, "node_modules", ".bin", name), args);
}

export function isInstalled(packageName) {
  return existsSync(join(root, "node_modules", packageName));
}

/** Runs `npm ci` unless node_modules holds exactly what package-lock.json asks for. */
export function installPackages({ dev }) {
  if (packagesAreCurrent({ dev })) return;
  ensureSystemPackages("to build the GPIO library", [
    { package: "make", programs: ["make"] },
    { package: "g++", programs: ["g++", "c++"] },
    { package: "python3", programs: ["python3"] },
  ]);
  say(`installing npm packages${dev ? "" : ", those for development left out"}`);
  const done = run("npm", ["ci", dev ? "--include=dev" : "--omit=dev", "--no-audit", "--no-fund"]);
  if (!done) fail("npm could not install the packages; its messages above say why");
}

/** Compares by content: the times of the two lock files say little after a checkout or a copy. */
function packagesAreCurrent({ dev }) {
  const installed = readLock("node_modules/.package-lock.json");
  if (installed === undefined) return false;
  return Object.entries(readLock("package-lock.json") ?? {}).every(([path, wanted]) => {
    const isRoot = path === "";
    const mayBeAbsent = wanted.optional || wanted.devOptional || (wanted.dev && !dev);
    return isRoot || mayBeAbsent || installed[path]?.version === wanted.version;
  });
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  } catch {
    return undefined; // Missing, or half written when an install was interrupted: install again.
  }
}

/** Whether a source is newer than the last build without errors, or there was none. */
export function isStale() {
  if (!existsSync(buildStamp)) return true;
  const built = statSync(buildStamp).mtimeMs;
  const configs = [
    // What the bundle holds of packages, and how.
    "package-lock.json",
    "scripts/bundle.mjs",
    "tsconfig.json",
    "tsconfig.build.json",
    "web/tsconfig.json",
    "web/vite.config.ts",
    "web/index.html",
  ].map((path) => join(root, path));
  const sources = ["src", "web/src", "web/public", "web/try", "models"].flatMap((folder) =>
    filesBelow(join(root, folder)),
  );
  return [...configs, ...sources].some((path) => existsSync(path) && statSync(path).mtimeMs > built);
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).map((path) => join(folder, path));
}

/** Compiles if a source is newer than what was compiled. @returns whether everything is compiled now. */
export async function buildIfStale() {
  await buildKernels();
  if (!isStale()) return true;
  say("compiling");
  return compile();
}

/** Compiles the program, the page and the kernels. @returns whether there was no error. */
export async function build() {
  await buildKernels();
  return compile();
}

/** Without a compiler the program runs all the same, on the kernels in WebAssembly; it says how much slower. */
export async function buildKernels() {
  // Needs a package, so it is loaded once those are there.
  const { buildOwnAddon } = await import("./native.mjs");
  const { placeWasm } = await import("./wasm.mjs");
  placeWasm();
  const problem = buildOwnAddon();
  if (problem === undefined) return;
  say(`WARNING: the native kernels could not be compiled: ${problem}`);
  say(
    "WARNING: slower ones in WebAssembly will be used; to build the fast ones: sudo apt-get install gcc libc6-dev",
  );
}

async function compile() {
  const startedAt = new Date();
  const done =
    ["tsconfig.build.json", "web/tsconfig.json"].every((config) => runTool("tsc", ["-p", config])) &&
    runTool("vite", ["build", "web", "--logLevel", "warn"]);
  // Need packages, too.
  const { bundleProgram } = await import("./bundle.mjs");
  const { buildTry } = await import("./try.mjs");
  if (!done || !(await bundleProgram()) || !(await buildTry())) return false;
  writeFileSync(buildStamp, "");
  // So that a source saved while the compiler ran counts as newer.
  utimesSync(buildStamp, startedAt, startedAt);
  return true;
}

/** @returns the first of the programs that is on PATH (or an absolute path), if any. */
export function findProgram(programs) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return programs
    .flatMap((name) => (name.startsWith("/") ? [name] : folders.map((folder) => join(folder, name))))
    .find((path) => existsSync(path));
}

/** Installs the Debian packages none of whose programs is there; where it cannot, says what to install. */
export function ensureSystemPackages(purpose, wanted) {
  const missing = wanted.filter(({ programs }) => findProgram(programs) === undefined);
  if (missing.length === 0) return;
  const packages = missing.map((entry) => entry.package);
  const names = packages.join(" and ");
  if (findProgram(["apt-get"]) === undefined) {
    fail(`${names} must be installed ${purpose}; this machine has no apt-get, so please install it by hand`);
  }
  say(`installing ${names} ${purpose}`);
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const [command, ...apt] = [...asRoot, "apt-get"];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const done =
    run(command, [...apt, "update", "-qq"], env) &&
    run(command, [...apt, "install", "-y", "-qq", "--no-install-recommends", ...packages], env);
  if (!done) fail(`${names} could not be installed; please run: sudo apt-get install ${packages.join(" ")}`);
}
