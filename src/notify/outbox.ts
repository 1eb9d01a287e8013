import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { Notice, NotifyLog } from "./tellable.ts";
import { writeDurably } from "./write-durably.ts";

const ending = ".json";

interface Waiting {
  readonly file: string;
  readonly notice: Notice;
}

/**
 * A bounded queue of notices in a folder, one file each, so that they survive restarts and power loss. When it is full
 * the oldest goes. A notice that waits already is not added again.
 */
export class Outbox {
  readonly #folder: string;
  #limit: number;
  readonly #log: Pick<NotifyLog, "warn">;
  /** Oldest first. */
  #waiting: Waiting[] = [];
  #sequence = 0;
  #isOpen = false;
  #isFull = false;
  #isUnwritable = false;
  /** Writes go one after the other. */
  #work: Promise<void> = Promise.resolve();

  /** @param limit notices */
  constructor(folder: string, limit: number, log: Pick<NotifyLog, "warn">) {
    this.#folder = folder;
    this.#limit = limit;
    this.#log = log;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** @param limit notices; holds from the next `open` or `add` on */
  resize(limit: number): void {
    this.#limit = limit;
  }

  /**
   * Reads what an earlier run left, the first time. A damaged file is removed with a warning.
   * @throws where the folder can't be used
   */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (!this.#isOpen) await this.#read();
    this.#isOpen = true;
    await this.#dropOldest();
  }

  async #read(): Promise<void> {
    const found: Waiting[] = [];
    for (const file of (await readdir(this.#folder)).sort()) {
      const path = join(this.#folder, file);
      const notice = file.endsWith(ending) ? await readNotice(path) : null;
      if (notice === null) {
        if (file.endsWith(ending)) this.#log.warn(`${path} is damaged; what it was to tell is lost`);
        await rm(path, { force: true, recursive: true });
        continue;
      }
      found.push({ file, notice });
      this.#sequence = Number.parseInt(file, 10) + 1;
    }
    this.#waiting = found;
  }

  /** Resolves when the notice is on disk; where the disk refuses, it is kept in memory, with a warning. */
  add(notice: Notice): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#waiting.some(({ notice: { id } }) => id === notice.id)) return;
      const file = `${String(this.#sequence++).padStart(12, "0")}${ending}`;
      try {
        await writeDurably(join(this.#folder, file), JSON.stringify(notice));
        this.#isUnwritable = false;
      } catch (error) {
        if (!this.#isUnwritable) {
          this.#log.warn(
            `${this.#folder}: ${messageOf(error)}; what waits there would not survive a restart`,
          );
        }
        this.#isUnwritable = true;
      }
      this.#waiting.push({ file, notice });
      await this.#dropOldest();
    });
    return this.#work;
  }

  /** The oldest notice; null where none waits. */
  peek(): Notice | null {
    return this.#waiting[0]?.notice ?? null;
  }

  /** Forgets a notice that was delivered. Resolves when it is off the disk. */
  remove({ id }: Notice): Promise<void> {
    this.#work = this.#work.then(async () => {
      const at = this.#waiting.findIndex(({ notice }) => notice.id === id);
      // It was the oldest of a queue that has become full meanwhile.
      if (at === -1) return;
      const [entry] = this.#waiting.splice(at, 1);
      await this.#delete(entry!.file);
      if (this.#waiting.length < this.#limit / 2) this.#isFull = false;
    });
    return this.#work;
  }

  async #dropOldest(): Promise<void> {
    while (this.#waiting.length > this.#limit) {
      const oldest = this.#waiting.shift();
      if (!this.#isFull) {
        this.#isFull = true;
        this.#log.warn(`${this.#folder}: more than ${this.#limit} messages wait; the oldest are dropped`);
      }
      await this.#delete(oldest!.file);
    }
  }

  async #delete(file: string): Promise<void> {
    const path = join(this.#folder, file);
    try {
      await rm(path, { force: true });
    } catch (error) {
      this.#log.warn(`${path}: ${messageOf(error)}; it may be sent again after a restart`);
    }
  }
}

async function readNotice(path: string): Promise<Notice | null> {
  try {
    const notice = JSON.parse(await readFile(path, "utf8"));
    const isWhole = typeof notice.id === "string" && typeof notice.event?.id === "string";
    return isWhole ? notice : null;
  } catch {
    return null;
  }
}
