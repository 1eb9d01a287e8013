import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AviWriter, readAvi } from "./avi.ts";
import type { EventTable, MediaBytes } from "./event-table.ts";

/** After a power cut no more than this of a clip that was being written is lost. */
const syncEveryMs = 2000;
const names = /^(\d+)\.(jpg|avi)(\.part)?$/;

/**
 * The stills and clips: `ID.jpg` and `ID.avi`, under these names only when they are whole and on the disk. All calls
 * wait for the disk.
 */
export class MediaFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    if (mkdirSync(path, { recursive: true }) !== undefined) syncFolder(dirname(path));
  }

  /** Bytes that are free for this user. */
  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Also in place of another still. @returns its bytes, when it is on the disk */
  writeStill(id: number, jpeg: Uint8Array): number {
    const part = this.#file(`${id}.jpg.part`);
    const fd = openSync(part, "w");
    try {
      for (let at = 0; at < jpeg.length; ) at += writeSync(fd, jpeg, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    this.#publish(part);
    return jpeg.length;
  }

  beginClip(id: number, size: { width: number; height: number }, nowMs: number): ClipFile {
    const part = this.#file(`${id}.avi.part`);
    const fd = openSync(part, "w+");
    try {
      return new ClipFile(fd, new AviWriter(fd, size), nowMs, (bytes) => {
        if (bytes > 0) this.#publish(part);
        else rmSync(part);
      });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  remove(id: number): void {
    for (const ending of ["jpg", "avi", "jpg.part", "avi.part"]) {
      rmSync(this.#file(`${id}.${ending}`), { force: true });
    }
  }

  /**
   * Brings files and rows in line after the program was killed or lost its power: what no row knows is removed, what
   * is gone is not listed any more, and a clip that was being written gets its end.
   */
  reconcile(table: EventTable): void {
    const events = table.media();
    const torn: string[] = [];
    for (const name of readdirSync(this.path)) {
      const [, number, ending, part] = names.exec(name) ?? [];
      if (number === undefined) continue;
      const isKnown = events.has(Number(number));
      if (isKnown && part !== undefined && ending === "avi") torn.push(name);
      else if (!isKnown || part !== undefined) rmSync(this.#file(name));
    }
    // After the others: it takes room.
    for (const name of torn) this.#mend(name);
    for (const [id, known] of events) {
      const found: MediaBytes = { still: this.#bytes(`${id}.jpg`), clip: this.#bytes(`${id}.avi`) };
      if (found.still !== known.still || found.clip !== known.clip) table.setMedia(id, found);
    }
  }

  #mend(name: string): void {
    const part = this.#file(name);
    const fd = openSync(part, "r+");
    let isWhole = false;
    try {
      const found = readAvi(fd);
      const last = found?.frames.at(-1);
      if (found !== null && last !== undefined) {
        ftruncateSync(fd, last.offset + last.bytes);
        new AviWriter(fd, found, found.frames).finish();
        fsyncSync(fd);
        isWhole = true;
      }
    } finally {
      closeSync(fd);
    }
    if (isWhole) this.#publish(part);
    else rmSync(part);
  }

  /** Gives a file that is on the disk its name. */
  #publish(part: string): void {
    renameSync(part, part.slice(0, -".part".length));
    syncFolder(this.path);
  }

  #bytes(name: string): number {
    return statSync(this.#file(name), { throwIfNoEntry: false })?.size ?? 0;
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

/** A name is on the disk only when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** A clip that is being written. */
export class ClipFile {
  readonly #fd: number;
  readonly #writer: AviWriter;
  readonly #onFinished: (bytes: number) => void;
  #syncedMs: number;

  /** @param onFinished hears of the whole file that is on the disk, or of 0 bytes where no frame came */
  constructor(fd: number, writer: AviWriter, nowMs: number, onFinished: (bytes: number) => void) {
    this.#fd = fd;
    this.#writer = writer;
    this.#syncedMs = nowMs;
    this.#onFinished = onFinished;
  }

  /** @param jpeg with its time in it. @returns false when the file is as long as it may be */
  add(jpeg: Buffer, sinceBeganMs: number, nowMs: number): boolean {
    if (!this.#writer.add(jpeg, sinceBeganMs)) return false;
    if (nowMs - this.#syncedMs < syncEveryMs) return true;
    this.#syncedMs = nowMs;
    fdatasyncSync(this.#fd);
    return true;
  }

  /** May be tried again when there was no room. @returns bytes of the file, which is whole and on the disk; 0 for none */
  finish(): number {
    const bytes = this.#writer.finish();
    fsyncSync(this.#fd);
    this.#onFinished(bytes);
    return bytes;
  }

  /** Without `finish` before, it stays without its end, which the next start gives it. */
  close(): void {
    closeSync(this.#fd);
  }
}
