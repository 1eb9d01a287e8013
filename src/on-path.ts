import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where the program is that a shell would start, undefined where PATH has none that this user may execute. */
export function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
