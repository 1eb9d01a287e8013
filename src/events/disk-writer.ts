import { messageOf } from "../errors.ts";
import { isDiskFull } from "./disk-full.ts";
import type { EventFacts, EventSummary } from "./event.ts";
import type { EventTable } from "./event-table.ts";
import type { Keeper } from "./keeper.ts";
import type { ClipFile, MediaFolder } from "./media-folder.ts";
import type { EventKey, StoreWrite } from "./store-messages.ts";

/** An event that goes on. */
interface Going {
  readonly id: number;
  clip: ClipFile | null;
  /** There comes no more of it: it is as long as it may be, or the disk has taken no more. */
  clipOver: boolean;
  clipBytes: number;
  /** How often there was no room before it. */
  readonly refusals: number;
}

const full = "the disk is full and there is no event to remove";

/**
 * Does what is to be written, in an order that a loss of power can't break: a file is on the disk before the row that
 * names it, and the row is before anybody is told. All calls wait for the disk.
 */
export class DiskWriter {
  readonly #table: EventTable;
  readonly #media: MediaFolder;
  readonly #keeper: Keeper;
  readonly #onTrouble: (line: string | null) => void;
  readonly #going = new Map<EventKey, Going>();
  #trouble: string | null = null;
  /**
   * There was no room for something, and since then no event was written whole. Less would not do: what one part of an
   * event was denied the next may get, and each change of mind is a line in the log.
   */
  #isFull = false;
  #refusals = 0;

  /** @param onTrouble hears once that the disk can't keep what it should, and once that it can again */
  constructor(
    table: EventTable,
    media: MediaFolder,
    keeper: Keeper,
    onTrouble: (line: string | null) => void,
  ) {
    this.#table = table;
    this.#media = media;
    this.#keeper = keeper;
    this.#onTrouble = onTrouble;
  }

  /** Brings in order what the program left when it was killed, and removes what is too much. */
  recover(): void {
    this.#orMakeRoom(() => {
      this.#media.reconcile(this.#table);
      this.#table.endAll();
    });
    this.#keep();
  }

  /** @returns what `StoreAnswers` says of it */
  write(request: StoreWrite): EventSummary | boolean | null {
    switch (request.type) {
      case "begin":
        return this.#begin(request);
      case "update":
        return this.#update(request.key, request.facts, request.still);
      case "frame":
        return this.#addFrame(request);
      case "clip":
        return this.#endClip(request.key, request.facts);
      case "end":
        return this.#end(request.key, request.facts);
      case "change":
        return this.#orMakeRoom(() =>
          this.#table.change(request.id, request.change) ? this.#table.summary(request.id) : null,
        );
      case "remove":
        return this.#remove(request.id);
      case "keep":
        this.#keep();
        return null;
    }
  }

  /** Closes the files of events that go on; the next start gives them their ends. */
  close(): void {
    for (const { clip } of this.#going.values()) clip?.close();
    this.#going.clear();
  }

  #begin({ key, facts, still }: StoreWrite & { type: "begin" }): EventSummary | null {
    const id = this.#table.nextId();
    const summary = this.#orMakeRoom(() => {
      const bytes = still === null ? 0 : this.#media.writeStill(id, still);
      this.#table.insert(id, facts, bytes);
      this.#going.set(key, { id, clip: null, clipOver: false, clipBytes: 0, refusals: this.#refusals });
      return this.#table.summary(id);
    });
    if (summary === null) this.#media.remove(id);
    return summary;
  }

  #update(key: EventKey, facts: EventFacts, still: Uint8Array | null): EventSummary | null {
    const going = this.#going.get(key);
    if (going === undefined) return null;
    const { id } = going;
    return this.#orMakeRoom(() => {
      const media = still === null ? {} : { still: this.#media.writeStill(id, still) };
      this.#table.update(id, facts, media);
      return this.#table.summary(id);
    });
  }

  #addFrame({ key, jpeg, sinceBeganMs, width, height }: StoreWrite & { type: "frame" }): null {
    const going = this.#going.get(key);
    if (going === undefined || going.clipOver) return null;
    const data = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length);
    const done = this.#orMakeRoom(() => {
      going.clip ??= this.#media.beginClip(going.id, { width, height }, performance.now());
      return going.clip.add(data, sinceBeganMs, performance.now());
    });
    // What is there of it stays.
    if (done !== true) going.clipOver = true;
    return null;
  }

  #end(key: EventKey, facts: EventFacts): EventSummary | null {
    const summary = this.#endClip(key, facts);
    if (summary !== null && this.#going.get(key)?.refusals === this.#refusals) this.#isFull = false;
    this.#going.delete(key);
    this.#keep();
    return summary;
  }

  #endClip(key: EventKey, facts: EventFacts): EventSummary | null {
    const going = this.#going.get(key);
    if (going === undefined) return null;
    const { id, clip } = going;
    going.clip = null;
    going.clipOver = true;
    if (clip !== null) going.clipBytes = this.#finishClip(id, clip);
    return this.#orMakeRoom(() => {
      this.#table.update(id, facts, { clip: going.clipBytes });
      return this.#table.summary(id);
    });
  }

  /** @returns bytes of the file; 0 where there is none */
  #finishClip(id: number, clip: ClipFile): number {
    try {
      return this.#orMakeRoom(() => clip.finish()) ?? 0;
    } catch (error) {
      // What is there of it stays; the next start mends it.
      this.#tell(`the clip of event ${id} could not be finished: ${messageOf(error)}`);
      return 0;
    } finally {
      clip.close();
    }
  }

  #remove(id: number): boolean {
    if (this.#table.summary(id) === null) return false;
    for (const [key, going] of this.#going) {
      if (going.id !== id) continue;
      going.clip?.close();
      this.#going.delete(key);
    }
    this.#keeper.remove(id);
    return true;
  }

  #keep(): void {
    try {
      const over = this.#keeper.keep(this.#ids(), performance.now(), Date.now());
      this.#tell(this.#isFull ? full : over);
    } catch (error) {
      // What was written before is on the disk all the same.
      this.#tell(this.#isFull ? full : `old events could not be removed: ${messageOf(error)}`);
    }
  }

  /** Does something that needs room; where there is none, the oldest events go. @returns null where that fails */
  #orMakeRoom<Result>(work: () => Result): Result | null {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        if (!this.#keeper.removeOldest(this.#ids())) {
          this.#isFull = true;
          this.#refusals++;
          this.#tell(full);
          return null;
        }
      }
    }
  }

  #ids(): number[] {
    return [...this.#going.values()].map(({ id }) => id);
  }

  /** @param line null where all is well */
  #tell(line: string | null): void {
    if (this.#trouble === line) return;
    this.#trouble = line;
    this.#onTrouble(line);
  }
}
