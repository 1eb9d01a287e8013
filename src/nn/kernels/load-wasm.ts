import { readFileSync } from "node:fs";
import { inProject } from "../../project-folder.ts";
import type { NativeAddon } from "./addon.ts";
import { createWasmAddon } from "./wasm.ts";

/** Where `scripts/wasm.mjs` puts the modules. */
export const wasmFolder = inProject("dist/native/wasm");

/** Loads the kernels in WebAssembly. @throws Error when they are not there, or this engine runs none of them */
export function loadWasm(folder = wasmFolder): NativeAddon {
  if (typeof WebAssembly === "undefined") throw new Error("this Node has no WebAssembly");
  const plain = new WebAssembly.Module(readFileSync(`${folder}/xnorcam.wasm`));
  const bytes = readFileSync(`${folder}/xnorcam-simd128.wasm`);
  return createWasmAddon({ plain, simd128: moduleOf(bytes) });
}

/** undefined where the engine has no vectors. */
function moduleOf(bytes: Uint8Array): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined;
  }
}
