// `npm start`: from a fresh checkout, or from an installed release, to a running camera.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { parseEnv } from "node:util";
import {
  buildIfStale,
  buildKernels,
  fail,
  installPackages,
  isInstalled,
  isStale,
  program,
  root,
} from "./setup.mjs";

const leanMemory = parseEnv(readFileSync(join(root, "systemd", "memory.env"), "utf8"));

await prepare();
start(...withDemo(process.argv.slice(2)));

/** `--demo pi`: the demo's pictures come from a stand-in for the Pi's camera program, by the way that real ones take. */
function withDemo(args) {
  const at = args.indexOf("--demo");
  if (at === -1) return [args, {}];
  if (args[at + 1] !== "pi")
    fail('--demo knows only "pi"; without it the demo plays where there is no camera');
  const standin = join(root, "test", "standin");
  if (!existsSync(standin)) fail("the stand-in camera is part of a checkout, not of a release");
  const env = {
    PATH: `${standin}${delimiter}${process.env.PATH}`,
    RPICAM_STANDIN_PICTURES: join(root, "test", "fixtures", "demo"),
  };
  return [args.toSpliced(at, 2), env];
}

/** A release has been compiled and comes without the compiler; only a checkout is built here. */
async function prepare() {
  const isFreshCheckout = isStale() && !existsSync(`${root}/node_modules`);
  const dev = !existsSync(program) || isInstalled("typescript") || isFreshCheckout;
  installPackages({ dev });
  if (!dev) {
    // A release has kernels for the usual boards; elsewhere they are compiled at the first start.
    await buildKernels();
    return;
  }
  if (!(await buildIfStale())) fail("the sources could not be compiled; the messages above say where");
}

/** Stands in for the program: signals go on to it, its exit code comes back. */
function start(args, env) {
  const child = spawn(process.execPath, [program, "run", ...args], {
    stdio: "inherit",
    env: { ...leanMemory, ...process.env, ...env },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${program} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
