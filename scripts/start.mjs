// `npm start`: from a fresh checkout, or from an installed release, to a running camera.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { buildIfStale, fail, installPackages, isInstalled, isStale, program, root } from "./setup.mjs";

/**
 * glibc keeps memory for each thread by itself, and ours seldom allocate at the same time: with ten viewers this
 * saves 13 MB of 121 MB. It must be set before the program starts.
 */
const leanMemory = { MALLOC_ARENA_MAX: "2" };

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
  const child = spawn(process.execPath, [program, "run", ...args], {
    stdio: "inherit",
    env: { ...leanMemory, ...process.env },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${program} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
