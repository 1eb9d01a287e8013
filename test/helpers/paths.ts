import { fileURLToPath } from "node:url";

/** The model that is used where no settings name another one. */
export const bundledModel = fileURLToPath(
  new URL("../../models/xnor-yolo-zero.safetensors", import.meta.url),
);

/** A file of test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}
