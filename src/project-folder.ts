import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder of the checkout or of the installed release. Found by its package.json, since the same code runs from
 * src/, from dist/ and out of the bundle that `scripts/bundle.mjs` makes of it, at different depths.
 */
const projectFolder = folderAbove(fileURLToPath(import.meta.url));

/** @param path from the project's folder, `models/xnor-yolo-zero.safetensors` for one. @returns the absolute path */
export function inProject(path: string): string {
  return join(projectFolder, path);
}

function folderAbove(path: string): string {
  const folder = dirname(path);
  return existsSync(join(folder, "package.json")) ? folder : folderAbove(folder);
}
