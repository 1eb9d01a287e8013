import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { messageOf, XnorcamError } from "../errors.ts";

const extensions = new Set([".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"]);

/** Whether a file's name says that it is a picture; hidden files (macOS writes `._name.jpg`) are none. */
export function isPictureFile(name: string): boolean {
  return !name.startsWith(".") && extensions.has(extname(name).toLowerCase());
}

/**
 * Names of the pictures in a folder (not in its subfolders), in natural order: `2.jpg` before `10.jpg`.
 * @returns paths that begin with `folder`; at least one.
 * @throws XnorcamError XC_NO_PICTURES when there is none or the folder cannot be read.
 */
export async function listPictures(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter(isPictureFile);
  if (names.length === 0) {
    throw new XnorcamError(
      "XC_NO_PICTURES",
      `no picture in folder "${folder}": put files ending in ${[...extensions].join(" ")} there`,
    );
  }
  names.sort(new Intl.Collator("en", { numeric: true }).compare);
  return names.map((name) => join(folder, name));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    throw new XnorcamError("XC_NO_PICTURES", `cannot read folder "${folder}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}
