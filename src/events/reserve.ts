import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isDiskFull } from "./disk-full.ts";

/** SQLite needs 32 KB beside the database to open it, and some pages of its log to note that events are gone. */
const bytes = 256 * 1024;

/**
 * Room that is taken in advance. On a disk that others have filled to the last byte, a database can't even be opened,
 * so the events that should go to make room could not.
 */
export class Reserve {
  readonly #path: string;

  /** @param folder of the database */
  constructor(folder: string) {
    this.#path = join(folder, "reserve");
  }

  /** Gives the room back, before the database is opened. */
  release(): void {
    rmSync(this.#path, { force: true });
  }

  /** Takes it again; where there is none, the next call may find it. */
  take(): void {
    if (existsSync(this.#path)) return;
    const fd = openSync(this.#path, "w");
    try {
      writeSync(fd, Buffer.alloc(bytes));
      fsyncSync(fd);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      rmSync(this.#path);
    } finally {
      closeSync(fd);
    }
  }
}
