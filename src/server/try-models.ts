import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { bundledNetworks } from "../bundled-networks.ts";
import { listModelFiles, type ModelFileEntry } from "../method-files.ts";
import type { TryModel } from "./wire.ts";

/** Where a model may be, from the models' folder: no hidden file, nothing that an address would have to escape. */
const pathPattern = /^(methods\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.safetensors$/;

/** @param path from the models' folder */
export function isModelPath(path: string): boolean {
  return pathPattern.test(path);
}

/**
 * The models of a folder and of `methods` in it, unread: those that ship first, then the others, then the methods.
 * Files with other names, and folders that are not there, are passed over.
 */
export async function listTryModels(folder: string): Promise<TryModel[]> {
  const own = await modelFilesIn(folder, bundledNetworks);
  const files = [...own, ...(await modelFilesIn(`${folder}/methods`))];
  const rows = await Promise.all(
    files.map(async ({ name, path }): Promise<TryModel[]> => {
      const file = relative(folder, path);
      const found = isModelPath(file) ? await stat(path).catch(() => undefined) : undefined;
      return found?.isFile() ? [{ name, file: `models/${file}`, bytes: found.size }] : [];
    }),
  );
  return rows.flat();
}

function modelFilesIn(folder: string, first?: readonly string[]): Promise<ModelFileEntry[]> {
  return listModelFiles(folder, first).catch(() => []);
}
