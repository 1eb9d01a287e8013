import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, XnorcamError } from "./errors.ts";

/**
 * Makes the folder for what the camera keeps, if need be, and makes sure that it can be written.
 * @throws XnorcamError XC_DATA_DIR
 */
export async function prepareDataDir(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new XnorcamError(
      "XC_DATA_DIR",
      `the data folder ${path} can't be used: ${reason(error)}; give it to this user or choose another with --data-dir, XNORCAM_DATA_DIR or dataDir`,
      { cause: error },
    );
  }
}

/** Not by `recursive: true`, with which Node tries forever where a parent exists but takes no folders (/proc). */
async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => null))?.isDirectory()) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path);
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return "this user may not write there";
    case "EROFS":
      return "its file system is read-only";
    case "EEXIST":
    case "ENOTDIR":
      return "there is a file in its place";
    default:
      return messageOf(error);
  }
}
