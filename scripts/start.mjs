// `npm start`: from a fresh checkout, or from an installed release, to a running camera.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { buildIfStale, fail, installPackages, isInstalled, isStale, program, root } from "./setup.mjs";

/**
 * A camera makes few short-lived objects, and its threads seldom allocate at the same time: with ten viewers
 * these two save 20 MB each of 152 MB. They must be given before the program starts.
 */
const leanMemory = { options: ["--max-semi-space-size=2"], env: { MALLOC_ARENA_MAX: "2" } };

prepare();
start(process.argv.slice(2));

/** A release has been compiled and comes without the compiler; only a checkout is built here. */
function prepare() {
  const isFreshCheckout = isStale() && !existsSync(`${root}/node_modules`);
  const dev = !existsSync(program) || isInstalled("typescript") || isFreshCheckout;
  installPackages({ dev });
  if (dev && !buildIfStale()) fail("the sources could not be compiled; the messages above say where");
}

/** Stands in for the program: signals go on to it, its exit code comes back. */
function start(args) {
  const child = spawn(process.execPath, [...leanMemory.options, program, "run", ...args], {
    stdio: "inherit",
    env: { ...leanMemory.env, ...process.env },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${program} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
