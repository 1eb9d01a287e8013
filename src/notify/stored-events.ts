import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import {
  type EventKind,
  type Moment,
  type Notice,
  type NoticeSource,
  type NotifyLog,
  noticeOf,
  type TellableEvent,
} from "./tellable.ts";
import { writeDurably } from "./write-durably.ts";

/** What the archive of events is asked for; ids count up in the order in which events were recorded. */
export interface StoredArchive {
  /** The newest first. @param query.before only those that were recorded before this one */
  find(query: { before?: number; limit: number }): Promise<{
    events: readonly TellableEvent[];
    next: string | null;
  }>;
  get(id: number): Promise<TellableEvent | null>;
}

interface OpenEvent {
  beganAs: EventKind;
  kind: EventKind;
}

/** What was told, as it is kept on disk. */
interface Told {
  /** The last event that was told; 0 before the first. */
  lastId: number;
  /** Events whose beginning was told and whose end was not, by id. */
  open: Record<string, OpenEvent>;
}

const pageLimit = 100;
/** Older ones are no news any more. */
const mostCaughtUp = 1000;

/**
 * The events that are recorded, each told when it is on disk. What was told is kept in a file, so that an event that
 * was recorded just before the program was killed is told by the next run, and one that somebody pins a year later is
 * not told again.
 */
export class StoredEvents implements NoticeSource {
  readonly #archive: StoredArchive;
  readonly #file: string;
  readonly #log: Pick<NotifyLog, "warn">;
  #told: Told = { lastId: 0, open: {} };
  /** Whether what was told is known here: the file is older where it could not be written meanwhile. */
  #isLoaded = false;
  /** Whether the file is of no account any more, even if it is still there. */
  #isForgotten = false;
  #isUnwritable = false;
  /** Events that were over when they were caught up with; how they began may still come, in `onEvent`. */
  readonly #caughtUp = new Set<string>();
  #tell: (notice: Notice) => Promise<void> = () => Promise.resolve();
  #isListening = false;
  #work: Promise<void> = Promise.resolve();

  /** @param folder where it keeps what was told; it is there when `start` is called */
  constructor(archive: StoredArchive, folder: string, log: Pick<NotifyLog, "warn">) {
    this.#archive = archive;
    this.#file = join(folder, "told.json");
    this.#log = log;
  }

  /** Tells what an earlier run could not. On the first start everything that is recorded counts as told. */
  start(tell: (notice: Notice) => Promise<void>): Promise<void> {
    this.#tell = tell;
    this.#isListening = true;
    return this.#queue(() => this.#catchUp());
  }

  /** An event began, changed or ended; it is on disk as it stands here. */
  onEvent(event: TellableEvent): void {
    // What comes before `start` or after `stop` is caught up with.
    if (this.#isListening) void this.#queue(() => this.#take(event));
  }

  stop(): Promise<void> {
    this.#isListening = false;
    return this.#work;
  }

  forget(): Promise<void> {
    return this.#queue(async () => {
      this.#isLoaded = false;
      // Where it cannot be removed, it may not be read again: what it does not know of would be told, however long over.
      this.#isForgotten = true;
      await rm(this.#file, { force: true });
    });
  }

  #queue(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.#log.warn(`telling others of events: ${messageOf(error)}`);
    });
    return this.#work;
  }

  async #catchUp(): Promise<void> {
    if (!this.#isLoaded) {
      const told = this.#isForgotten ? null : await readTold(this.#file);
      this.#told = told ?? { lastId: await this.#newestId(), open: {} };
      this.#isLoaded = true;
      await this.#save();
    }
    const { lastId, open } = this.#told;
    this.#caughtUp.clear();
    for (const id of Object.keys(open)) {
      const event = await this.#archive.get(Number(id));
      if (event !== null) await this.#takeStored(event);
      // The oldest events go when the disk is full.
      else delete open[id];
    }
    for (const event of await this.#newerThan(lastId)) await this.#takeStored(event);
  }

  async #takeStored(event: TellableEvent): Promise<void> {
    await this.#take(event);
    if (event.ended !== null) this.#caughtUp.add(event.id);
  }

  async #newestId(): Promise<number> {
    const { events } = await this.#archive.find({ limit: 1 });
    return Number(events[0]?.id ?? 0);
  }

  /** The oldest first. */
  async #newerThan(lastId: number): Promise<TellableEvent[]> {
    const newer: TellableEvent[] = [];
    for (let before: number | undefined; newer.length < mostCaughtUp; ) {
      const query = { limit: pageLimit, ...(before === undefined ? {} : { before }) };
      const { events, next } = await this.#archive.find(query);
      const fresh = events.filter(({ id }) => Number(id) > lastId);
      newer.unshift(...fresh.toReversed());
      if (next === null || fresh.length < events.length) break;
      before = Number(next);
    }
    return newer;
  }

  async #take(event: TellableEvent): Promise<void> {
    const { id, kind, ended } = event;
    const { open } = this.#told;
    const known = open[id];
    // Such as a note that somebody writes on an event that is long over.
    if (known === undefined && ended !== null && Number(id) <= this.#told.lastId) return;
    if (this.#caughtUp.has(id)) return;

    const beganAs = known?.beganAs ?? kind;
    const moments: Moment[] = [];
    if (known === undefined) moments.push("began");
    else if (known.kind !== "alarm" && kind === "alarm") moments.push("raised");
    if (ended !== null) moments.push("ended");
    if (moments.length === 0) return;

    for (const moment of moments) await this.#tell(noticeOf(event, moment, beganAs));
    if (ended === null) open[id] = { beganAs, kind };
    else delete open[id];
    // One that begins with a smaller id comes from a new database, which counts from 1 again.
    if (known === undefined) this.#told.lastId = Number(id);
    await this.#save();
  }

  /** A disk that refuses keeps nothing from being told. */
  async #save(): Promise<void> {
    try {
      await writeDurably(this.#file, JSON.stringify(this.#told));
      this.#isUnwritable = false;
    } catch (error) {
      if (!this.#isUnwritable) {
        this.#log.warn(
          `${this.#file}: ${messageOf(error)}; what is told now may be told again after a restart`,
        );
      }
      this.#isUnwritable = true;
    }
  }
}

/** @returns null where there is none that can be read */
async function readTold(file: string): Promise<Told | null> {
  try {
    const { lastId, open } = JSON.parse(await readFile(file, "utf8"));
    if (!Number.isSafeInteger(lastId) || typeof open !== "object" || open === null) return null;
    return { lastId, open };
  } catch {
    return null;
  }
}
