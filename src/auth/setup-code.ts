import { randomInt, timingSafeEqual } from "node:crypto";
import { chown, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { replaceFile } from "./json-file.ts";

/** Crockford's base 32: no I, L, O and U. */
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const groups = 4;
const groupLength = 4;

/**
 * The one-time code in a file of the data folder. Whoever can read it has the device in hand, and may make
 * himself an admin with it: at the first start, and later when a password was forgotten.
 */
export class SetupCode {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes a new one, 80 random bits, in place of any other. @returns "7K2M-…" */
  async make(): Promise<string> {
    const code = Array.from({ length: groups }, randomGroup).join("-");
    await replaceFile(this.path, `${code}\n`);
    await this.#giveToOwner();
    return code;
  }

  /**
   * The code that waits to be used.
   * @param youngerThanMs what was made before that doesn't count any more
   */
  async waiting(youngerThanMs = Number.POSITIVE_INFINITY): Promise<string | null> {
    try {
      const { mtimeMs } = await stat(this.path);
      if (Math.abs(Date.now() - mtimeMs) > youngerThanMs) return null;
      return (await readFile(this.path, "utf8")).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Takes the code away. @returns false if it was gone already: of two who have it, one may use it. */
  async use(): Promise<boolean> {
    try {
      await unlink(this.path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  /** Root makes codes for the camera, which runs as another user. */
  async #giveToOwner(): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const folder = dirname(this.path);
    const { uid, gid } = await stat(dirname(folder));
    for (const path of [folder, this.path]) await chown(path, uid, gid);
  }
}

/** Whether somebody typed that code, however he wrote it. */
export function isSameCode(typed: string, code: string): boolean {
  const [one, other] = [typed, code].map((text) => Buffer.from(plain(text)));
  return one!.length === other!.length && timingSafeEqual(one!, other!);
}

function plain(text: string): string {
  return text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replace(/[IL]/g, "1")
    .replace(/O/g, "0");
}

function randomGroup(): string {
  return Array.from({ length: groupLength }, () => letters[randomInt(letters.length)]).join("");
}
