import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { messageOf, XnorcamError } from "../errors.ts";
import { schemaProblem } from "../schema-problem.ts";

/** A value in a file that only this user can read. After a power cut the file holds the old value or the new one, whole. */
export class JsonFile<Schema extends TSchema> {
  readonly path: string;
  readonly #schema: Schema;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, schema: Schema) {
    this.path = path;
    this.#schema = schema;
  }

  /**
   * @returns null where there is no file
   * @throws XnorcamError XC_ACCESS_FILE when it can't be read, or holds something else
   */
  async read(): Promise<Static<Schema> | null> {
    let value: unknown;
    try {
      value = JSON.parse(await readFile(this.path, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw new XnorcamError("XC_ACCESS_FILE", `${this.path} can't be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (Value.Check(this.#schema, value)) return value;
    throw new XnorcamError("XC_ACCESS_FILE", schemaProblem(this.#schema, value, this.path));
  }

  /**
   * Resolves when the value is on the disk; one write at a time, in the order of the calls.
   * @throws XnorcamError XC_ACCESS_FILE
   */
  write(value: Static<Schema>): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    const written = this.#last.then(() => this.#replace(text));
    this.#last = written.catch(() => {});
    return written;
  }

  /** Resolves when nothing is left to be written. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #replace(text: string): Promise<void> {
    try {
      await replaceFile(this.path, text);
    } catch (error) {
      throw new XnorcamError("XC_ACCESS_FILE", `${this.path} can't be written: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** Puts text into a file that only this user can read, in place of what is there, at one instant. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const part = `${path}.part`;
  await writeDown(part, "w", (file) => file.writeFile(text));
  await rename(part, path);
  // The name, too, must be on the disk.
  await writeDown(folder, "r", () => Promise.resolve());
}

async function writeDown(
  path: string,
  flags: string,
  write: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
