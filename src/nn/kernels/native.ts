import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { NativeAddon } from "./addon.ts";

export type { NativeAddon } from "./addon.ts";

/** Where `scripts/native.mjs` puts the addon; the same from src/ and from dist/. */
export const addonFile = fileURLToPath(
  new URL(`../../../dist/native/${process.platform}-${process.arch}/xnorcam.node`, import.meta.url),
);

/** Loads the addon of this machine. @throws Error when there is none, or it cannot be loaded */
export function loadAddon(file = addonFile): NativeAddon {
  return createRequire(import.meta.url)(file) as NativeAddon;
}
