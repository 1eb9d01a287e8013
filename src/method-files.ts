import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { inProject } from "./project-folder.ts";

/** The methods of docs/methods.md by which the bundled detectors were trained, in the order in which they are told. */
export const methodNames = [
  "float",
  "int8",
  "binaryconnect",
  "bwn",
  "bnn",
  "xnor",
  "xnor-learned",
  "dorefa-2",
  "ternary",
] as const;
export type MethodName = (typeof methodNames)[number];

/** Where those detectors are, `METHOD.safetensors` each. */
export const methodsFolder = inProject("models/methods");

const ending = ".safetensors";

export interface ModelFileEntry {
  /** The file's name without its ending. */
  readonly name: string;
  readonly path: string;
}

/**
 * The model files of a folder, unread.
 * @param first names of those that come first, in their order; the others follow by name
 * @throws the file system's error where the folder cannot be read
 */
export async function listModelFiles(
  folder: string,
  first: readonly string[] = methodNames,
): Promise<ModelFileEntry[]> {
  const place = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(ending))
    .map((entry) => ({ name: entry.name.slice(0, -ending.length), path: join(folder, entry.name) }))
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name));
}
