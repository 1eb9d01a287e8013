// Compiles src/native, the kernels in C, to WebAssembly: `npm run prebuild`. The two modules are small and the same for
// all machines, so they are part of the repository, src/native/prebuilt, and whoever has no clang has them all the same.
// The compiler is of one version, because another one gives other bytes: `npm run test:boards` compares them.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commonFlags, layerFiles, vectorFlags, warnings } from "./native.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src", "native");
const prebuilt = join(sources, "prebuilt");

/** On Debian 12. */
export const wasmTools = [
  { package: "clang-14", programs: ["clang-14"] },
  { package: "lld-14", programs: ["wasm-ld-14"] },
];

const target = ["--target=wasm32-unknown-unknown", "-nostdlibinc", "-isystem", join(sources, "wasm")];
const link = ["-nostdlib", "-Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=65536"];
const shared = [...["network.c", "check.c", "gather.c", "resample.c", "portable.c", "wasm.c"], ...layerFiles];
const modules = {
  "xnorcam.wasm": { files: shared, flags: [] },
  "xnorcam-simd128.wasm": {
    files: [...shared, "simd128.c"],
    flags: ["-msimd128", "-mbulk-memory", ...vectorFlags],
  },
};

/** Whether a module is missing or older than a source. */
export function isWasmStale() {
  const files = Object.keys(modules).map((name) => join(prebuilt, name));
  if (!files.every((file) => existsSync(file))) return true;
  const built = Math.min(...files.map((file) => statSync(file).mtimeMs));
  const read = readdirSync(sources, { withFileTypes: true }).filter((entry) => entry.isFile());
  const inputs = [fileURLToPath(import.meta.url), ...read.map(({ name }) => join(sources, name))];
  return inputs.some((file) => statSync(file).mtimeMs > built);
}

/**
 * Compiles both modules into a folder.
 * @returns undefined, or one line that says what went wrong
 */
export function buildWasm(folder = prebuilt) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, "build-"));
  try {
    for (const [name, { files, flags }] of Object.entries(modules)) {
      const part = join(work, name);
      const inputs = files.map((file) => join(sources, file));
      const args = [...target, ...commonFlags, ...warnings, ...flags, ...link, ...inputs, "-o", part];
      const { error, status, stderr } = spawnSync("clang-14", args, { encoding: "utf8" });
      if (error !== undefined) return `clang-14 cannot be run (${error.code ?? error.message})`;
      if (status !== 0) return `clang-14 failed: ${stderr.trim().split("\n")[0]}`;
      chmodSync(part, 0o644);
      renameSync(part, join(folder, name));
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Where the program looks for a module; /try has copies. */
export function wasmPath(name) {
  return join(root, "dist", "native", "wasm", name);
}

/** Puts the modules of the repository where the program looks for them. */
export function placeWasm() {
  // A release has them there already, and no sources.
  if (!existsSync(prebuilt)) return;
  for (const name of Object.keys(modules)) {
    mkdirSync(dirname(wasmPath(name)), { recursive: true });
    copyFileSync(join(prebuilt, name), wasmPath(name));
  }
}
