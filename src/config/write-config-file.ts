import { copyFile, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { stringify as stringifyToml } from "smol-toml";
import { messageOf, XnorcamError } from "../errors.ts";
import { type ConfigFormat, formatOf, parseConfig } from "./read-config-file.ts";
import { editJson } from "./text/edit-json.ts";
import { editToml } from "./text/edit-toml.ts";

const newFile: Record<ConfigFormat, string> = {
  toml: "# Settings of this camera, as its settings page has written them. Comments of yours stay.\n",
  json: "{}\n",
};

/** Only the owner may read settings that hold a secret. */
const secretMode = 0o600;
const plainMode = 0o644;

/**
 * Writes settings into a file, in one step: whenever the power goes, the file is the old one or the new one. Comments
 * stay, unless the file says something in a way that can't be edited; then it is written anew, and what it was is kept
 * with ".bak" at the end of its name.
 * @param given all that the file shall say
 * @param hasSecrets whether others may not read it
 * @throws XnorcamError XC_CONFIG_UNWRITABLE; the file is what it was then
 */
export async function writeConfigFile(path: string, given: object, hasSecrets: boolean): Promise<void> {
  const format = formatOf(path);
  try {
    const target = await realpath(path).catch(() => path);
    const text = await readFile(target, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    const edited = editedText(text ?? newFile[format], format, given, path);
    if (edited === text) return;
    if (edited === null && text !== null) await copyFile(target, `${target}.bak`);
    const mode = text === null ? plainMode : (await stat(target)).mode & 0o777;
    const content = edited ?? wholeText(format, given, path);
    await replaceFile(target, content, hasSecrets ? mode & secretMode : mode);
  } catch (error) {
    if (error instanceof XnorcamError) throw error;
    throw new XnorcamError("XC_CONFIG_UNWRITABLE", `${path} can't be written: ${reason(error)}`, {
      cause: error,
    });
  }
}

/** @returns null where the text can't be edited so that it says what it should */
function editedText(text: string, format: ConfigFormat, given: object, path: string): string | null {
  const edit = format === "toml" ? editToml : editJson;
  try {
    // An empty JSON file is not valid, but a TOML file may be empty.
    const edited = edit(text, parseConfig(text, format, path), given);
    return isDeepStrictEqual(parseConfig(edited, format, path), given) ? edited : null;
  } catch {
    return null;
  }
}

function wholeText(format: ConfigFormat, given: object, path: string): string {
  const text = format === "toml" ? stringifyToml(given) : `${JSON.stringify(given, null, 2)}\n`;
  if (isDeepStrictEqual(parseConfig(text, format, path), given)) return text;
  throw new Error("a value has characters that this kind of file can't hold");
}

async function replaceFile(target: string, content: string, mode: number): Promise<void> {
  const part = `${target}.new`;
  try {
    const file = await open(part, "w", mode);
    try {
      // The mode above counts only for a file that is made.
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
  const folder = await open(dirname(target));
  await folder.sync().finally(() => folder.close());
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return "this user may not write there; give the file and its folder to the user that runs Xnorcam";
    case "EROFS":
      return "its file system is read-only; take a file in the data folder, or make that writable";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full; delete what is not needed";
    default:
      return messageOf(error);
  }
}
