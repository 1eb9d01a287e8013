import { isDiskFull } from "./disk-full.ts";
import type { EventTable } from "./event-table.ts";
import type { MediaFolder } from "./media-folder.ts";

/** What may be kept. */
export interface KeepLimits {
  /** Of stills and clips. */
  readonly maxBytes: number;
  /** Since the end of an event. */
  readonly maxAgeMs: number;
  /** That stay free on the file system. */
  readonly minFreeBytes: number;
}

/** Removes the oldest events where there are too many; pinned ones never, and none that still goes on. */
export class Keeper {
  readonly #table: EventTable;
  readonly #media: MediaFolder;
  readonly #limits: KeepLimits;
  /** The first event of this run of the program, and when that began by a clock that is never set. */
  readonly #firstId: number;
  readonly #startedMs: number;

  constructor(table: EventTable, media: MediaFolder, limits: KeepLimits, nowMs: number) {
    this.#table = table;
    this.#media = media;
    this.#limits = limits;
    this.#firstId = table.nextId();
    this.#startedMs = nowMs;
  }

  /**
   * @param going ids of events that go on
   * @param nowMs by the clock that is never set
   * @param timeMs by the clock on the wall
   * @returns what is still over its limit, in one phrase; null where all is well
   */
  keep(going: readonly number[], nowMs: number, timeMs: number): string | null {
    this.#removeOld(nowMs, timeMs);
    const { maxBytes, minFreeBytes } = this.#limits;
    // The newest stays: what was told a moment ago must not be gone since others have filled the disk.
    const staying = [...going, this.#table.nextId() - 1];
    while (this.#table.usage().bytes > maxBytes) {
      if (!this.removeOldest(staying))
        return "the events that may not be removed are larger than events.maxMB";
    }
    while (this.#media.freeBytes() < minFreeBytes) {
      if (!this.removeOldest(staying)) {
        return `less than ${Math.round(minFreeBytes / 1e6)} MB are free, and there is no event to remove`;
      }
    }
    return null;
  }

  /**
   * Removes one event to make room, or more where that of one is not even enough to note that it is gone: the log of the
   * database grows with each page that changes.
   * @param staying ids of events that may not go
   * @returns false where there is none that may be removed
   */
  removeOldest(staying: readonly number[]): boolean {
    /** Events whose files are gone and whose rows may be there. */
    const emptied: number[] = [];
    for (;;) {
      const id = this.#table.oldest([...staying, ...emptied]);
      if (id === null) return false;
      try {
        this.remove(id);
        for (const other of emptied) this.#table.remove(other);
        return true;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        emptied.push(id);
      }
    }
  }

  /** Removes an event: its row first, so that no row is ever without its files. */
  remove(id: number): void {
    try {
      this.#table.remove(id);
      this.#media.remove(id);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      // There is no room to note that the row is gone; the files make it.
      this.#media.remove(id);
      this.#table.remove(id);
    }
  }

  /**
   * A Pi has no battery clock: what it recorded before it knew the time looks years old afterwards. So nothing of this
   * run goes before the run itself has lasted that long. After a clock set back, events seem young and stay longer.
   */
  #removeOld(nowMs: number, timeMs: number): void {
    const { maxAgeMs } = this.#limits;
    const beforeId = nowMs - this.#startedMs < maxAgeMs ? this.#firstId : Number.MAX_SAFE_INTEGER;
    for (;;) {
      const id = this.#table.oldestBefore(timeMs - maxAgeMs, beforeId);
      if (id === null) return;
      this.remove(id);
    }
  }
}
