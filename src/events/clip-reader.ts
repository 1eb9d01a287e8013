import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type ClipFrame, readAvi } from "./avi.ts";

/** A player asks for one picture after the other of the same clip, and a page may have two of them open. */
const keptIndexes = 4;

/** Reads finished clips, which never change. All calls wait for the disk. */
export class ClipReader {
  readonly #folder: string;
  readonly #indexes = new Map<number, ClipFrame[]>();

  /** @param folder of the clips, `ID.avi` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** When each picture was taken, in milliseconds since the event began; null where there is no clip. */
  times(id: number): number[] | null {
    return this.#read(id, (_, frames) => frames.map(({ sinceBeganMs }) => sinceBeganMs));
  }

  /** One picture, as a JPEG; null where there is none. */
  frame(id: number, index: number): Uint8Array | null {
    return this.#read(id, (fd, frames) => {
      const frame = frames[index];
      if (frame === undefined) return null;
      const jpeg = new Uint8Array(frame.bytes);
      return readSync(fd, jpeg, 0, frame.bytes, frame.offset) === frame.bytes ? jpeg : null;
    });
  }

  #read<Result>(id: number, read: (fd: number, frames: readonly ClipFrame[]) => Result): Result | null {
    const fd = openIfThere(join(this.#folder, `${id}.avi`));
    if (fd === null) return null;
    try {
      const frames = this.#indexes.get(id) ?? this.#index(id, fd);
      return frames === null ? null : read(fd, frames);
    } finally {
      closeSync(fd);
    }
  }

  /** Where the pictures are. */
  #index(id: number, fd: number): ClipFrame[] | null {
    const frames = readAvi(fd)?.frames ?? null;
    if (frames === null) return null;
    this.#indexes.set(id, frames);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > keptIndexes) this.#indexes.delete(oldest!);
    return frames;
  }
}

/** @returns null where there is no such file */
function openIfThere(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
