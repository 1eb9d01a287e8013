// Puts the compiled program and the packages it uses into a few files, in place of the entries in dist/. A Pi has to
// open and check one file where there would be six hundred, and V8 keeps the text of all that it loads: with one viewer
// the program takes 9 MB less.
import { rmSync } from "node:fs";
import { join } from "node:path";
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
  rmSync(join(folder, "chunks"), { recursive: true, force: true });
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
    return Object.keys(metafile.inputs);
  } catch {
    return undefined;
  }
}
