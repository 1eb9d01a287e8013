import { access, constants, mkdir } from "node:fs/promises";
import { messageOf, XnorcamError } from "./errors.ts";

/**
 * Makes the folder for what the camera keeps, if need be, and makes sure that it can be written.
 * @throws XnorcamError XC_DATA_DIR
 */
export async function prepareDataDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new XnorcamError(
      "XC_DATA_DIR",
      `the data folder ${path} can't be used: ${reason(error)}; give it to this user or choose another with --data-dir, XNORCAM_DATA_DIR or dataDir`,
      { cause: error },
    );
  }
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
