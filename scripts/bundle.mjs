// Puts the compiled program and the packages it uses into a few files, in place of the entries in dist/. A Pi has to
// open and check one file where there would be six hundred, and V8 keeps the text of all that it loads: with one viewer
// the program takes 9 MB less.
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** They load an addon from their own folder, and so stay packages. */
export const unbundled = ["better-sqlite3", "node-libcamera", "onoff", "sharp"];

// A CommonJS package that the program loads on demand has nothing but `default` in the bundle:
// `const { default: mqtt } = await import("mqtt")`.

/** What Node starts: the program, and its threads. */
const entries = ["cli/index", "camera/still-worker", "detect/detector-worker", "events/store-worker"];

/**
 * @param folder in place of dist/
 * @returns the paths in the project of all that went in, or undefined when there was an error, which was printed
 */
export async function bundleProgram(folder = join(root, "dist")) {
  // Needs a package, so it is loaded once those are there.
  const { build } = await import("esbuild");
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: entries.map((out) => ({ in: `src/${out}.ts`, out })),
      outdir: folder,
      chunkNames: "chunks/[name]-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      external: unbundled,
      // Names stay, for whoever reads a stack trace.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      // Most packages are CommonJS.
      banner: {
        js: 'import{createRequire as requireFor}from"node:module";const require=requireFor(import.meta.url);',
      },
      logLevel: "warning",
      metafile: true,
    });
    attempt(() =>
      removeOldChunks(folder, new Set(Object.keys(metafile.outputs).map((path) => basename(path)))),
    );
    return Object.keys(metafile.inputs);
  } catch {
    return undefined;
  }
}

/** A chunk is named by its content. A program of an earlier build loads its own at any time, so they stay until it ends. */
function removeOldChunks(folder, current) {
  const chunks = join(folder, "chunks");
  const old = readdirSync(chunks).filter((name) => !current.has(name));
  if (old.length === 0 || mayRun(folder)) return;
  for (const name of old) rmSync(join(chunks, name), { recursive: true, force: true });
}

/** Whether a program of the folder runs. Where the system does not tell, as without /proc, one may. */
function mayRun(folder) {
  if (!existsSync("/proc/self/cmdline")) return true;
  const start = `${realpathSync(folder)}/`;
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes.some((id) => programsOf(`/proc/${id}`).some((path) => path.startsWith(start)));
}

/** The files that the first arguments of a process name: Node's options stand before the program. */
function programsOf(proc) {
  const given = attempt(() => readFileSync(join(proc, "cmdline"), "utf8")) ?? "";
  // Another user's may not be asked, and starts by an absolute path, as a service does.
  const here = attempt(() => readlinkSync(join(proc, "cwd"))) ?? "/";
  return given
    .split("\0")
    .slice(1, 10)
    .flatMap((path) => attempt(() => realpathSync(resolve(here, path))) ?? []);
}

/** @returns undefined where it throws */
function attempt(step) {
  try {
    return step();
  } catch {
    return undefined;
  }
}
