import { createRequire } from "node:module";
import { inProject } from "../../project-folder.ts";
import type { NativeAddon } from "./addon.ts";

export type { NativeAddon } from "./addon.ts";

/** Where `scripts/native.mjs` puts the addon. */
export const addonFile = inProject(`dist/native/${process.platform}-${process.arch}/xnorcam.node`);

/** Loads the addon of this machine. @throws Error when there is none, or it cannot be loaded */
export function loadAddon(file = addonFile): NativeAddon {
  return createRequire(import.meta.url)(file) as NativeAddon;
}
