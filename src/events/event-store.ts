import { EventEmitter } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { inProject } from "../project-folder.ts";
import type {
  EventArchive,
  EventChange,
  EventDetails,
  EventMedia,
  EventPage,
  EventQuery,
  EventSummary,
  EventsReport,
  EventUsage,
} from "./event.ts";
import {
  mediaName,
  type StoreAnswers,
  type StoreMessage,
  type StoreRead,
  type StoreRequest,
  type StoreSetup,
  type StoreWrite,
} from "./store-messages.ts";
import { WriteQueue } from "./write-queue.ts";

// Also for tests of src/, the compiled worker: Node 20 runs no TypeScript.
const workerFile = inProject("dist/events/store-worker.js");

/** From when on a write counts as one that hangs. */
const hangMs = 2000;
/** Somebody who asks for an event waits no longer for a disk that hangs. */
const readLimitMs = 5000;
/** What is still to be written when the program stops gets so long, and then the thread so long to end. */
const drainMs = 3000;
const endMs = 1000;
/** A disk that takes longer to open what is there is as good as none; a card with thousands of clips takes seconds. */
const startLimitMs = 30_000;
/** How often the store looks whether something is too old or too much. */
const keepEveryMs = 60_000;
/** Waiting writes: some seconds of a clip, and small for a board with 512 MB. */
const maxQueueBytes = 8 * 2 ** 20;

/** Writes whose answer is an event as it is on disk now. */
const tellsOfEvent: ReadonlySet<string> = new Set(["begin", "update", "clip", "end", "change"]);

interface StoreEvents {
  /** An event is on disk as it stands here; it began, changed or ended. */
  event: [event: EventSummary];
}

/**
 * Events on the disk, which a thread of its own owns: no write, however long it hangs, delays whoever asks for it. One
 * write is under way; the others wait in a queue that is bounded. Reads don't wait for the queue.
 */
export class EventStore extends EventEmitter<StoreEvents> implements EventArchive {
  readonly mediaFolder: string;
  readonly #setup: StoreSetup;
  readonly #clock: Clock;
  readonly #log: Pick<Logger, "info" | "warn" | "error">;
  readonly #queue = new WriteQueue(maxQueueBytes);
  readonly #answers = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: unknown) => void }
  >();
  #worker: Worker | null = null;
  #ended: Promise<void> = Promise.resolve();
  #sequence = 0;
  #isWriting = false;
  #cancelHang: (() => void) | null = null;
  #cancelKeep: (() => void) | null = null;
  #hangs = false;
  #trouble: string | null = null;
  /** What the last write failed of; null when it did not. */
  #failure: string | null = null;
  #usage: EventUsage = { events: 0, bytes: 0 };
  #onIdle: (() => void) | null = null;
  #stopping: Promise<void> | null = null;

  constructor(setup: StoreSetup, clock: Clock, log: Pick<Logger, "info" | "warn" | "error">) {
    super();
    this.#setup = setup;
    this.#clock = clock;
    this.#log = log;
    this.mediaFolder = join(setup.folder, mediaName);
  }

  /**
   * Opens what is there, or makes it.
   * @throws XnorcamError XC_EVENTS_UNAVAILABLE, XC_EVENTS_NEWER, XC_EVENTS_UNREADABLE
   */
  start(): Promise<void> {
    return this.#within(this.#startWorker(), startLimitMs);
  }

  #startWorker(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, {
        workerData: this.#setup,
        // node:sqlite calls itself experimental in Node 22; what is used of it is in Node 24 the same.
        execArgv: [...process.execArgv, "--disable-warning=ExperimentalWarning"],
      });
      this.#worker = worker;
      let cause: unknown;
      worker.on("error", (error) => {
        cause = error;
      });
      this.#ended = new Promise((ended) => {
        worker.once("exit", () => {
          this.#worker = null;
          this.#fail(cause);
          reject(new XnorcamError("XC_EVENTS_UNREADABLE", `events are not recorded: ${messageOf(cause)}`));
          ended();
        });
      });
      worker.on("message", (message: StoreMessage) => {
        switch (message.type) {
          case "ready":
            this.#scheduleKeep();
            resolve();
            break;
          case "refused":
            reject(new XnorcamError(message.code, message.message));
            break;
          case "answer":
            this.#answer(message.sequence)?.resolve(message.value);
            break;
          case "failed":
            this.#answer(message.sequence)?.reject(new Error(message.message));
            break;
          case "usage":
            this.#usage = message.usage;
            break;
          case "trouble":
            this.#tellTrouble(message.line);
            break;
        }
      });
    });
  }

  report(): EventsReport {
    return { problem: this.#problem(), ...this.#usage, dropped: this.#queue.dropped };
  }

  /**
   * Writes when the disk has time, in order.
   * @returns null, too, when the write was given up
   */
  async write<Write extends StoreWrite>(request: Write): Promise<StoreAnswers[Write["type"]] | null> {
    if (this.#worker === null || this.#stopping !== null) return null;
    const value = await new Promise<unknown>((resolve, reject) => {
      this.#queue.add({ request, resolve, reject });
      this.#writeNext();
    });
    if (tellsOfEvent.has(request.type) && value !== null) this.emit("event", value as EventSummary);
    return value as StoreAnswers[Write["type"]] | null;
  }

  find(query: EventQuery): Promise<EventPage> {
    return this.#read({ type: "find", query });
  }

  get(id: number): Promise<EventDetails | null> {
    return this.#read({ type: "get", id });
  }

  media(id: number): Promise<EventMedia | null> {
    return this.#read({ type: "media", id });
  }

  frameTimes(id: number): Promise<number[] | null> {
    return this.#read({ type: "frameTimes", id });
  }

  frame(id: number, index: number): Promise<Uint8Array | null> {
    return this.#read({ type: "frameJpeg", id, index });
  }

  change(id: number, change: EventChange): Promise<EventSummary | null> {
    return this.#within(this.write({ type: "change", id, change }));
  }

  async remove(id: number): Promise<boolean> {
    return (await this.#within(this.write({ type: "remove", id }))) ?? false;
  }

  /** Writes what waits, for a moment; a disk that hangs is not waited for. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #problem(): string | null {
    if (this.#worker === null) return "the thread that records events is not running";
    if (this.#hangs) return "the disk with the events does not answer";
    return this.#trouble ?? this.#failure;
  }

  async #stop(): Promise<void> {
    this.#cancelKeep?.();
    const worker = this.#worker;
    if (worker === null) return this.#ended;
    if (this.#isWriting) await this.#orAfter(drainMs, new Promise<void>((idle) => (this.#onIdle = idle)));
    this.#queue.clear();
    worker.postMessage({ type: "close", sequence: 0 } satisfies StoreRequest);
    await this.#orAfter(endMs, this.#ended);
    // A thread in a call of the system that never returns does not end either.
    if (this.#worker !== null) worker.unref();
    void worker.terminate();
    await this.#orAfter(endMs, this.#ended);
    this.#cancelHang?.();
  }

  #writeNext(): void {
    if (this.#isWriting) return;
    const write = this.#queue.take();
    if (write === undefined) {
      this.#onIdle?.();
      return;
    }
    this.#isWriting = true;
    this.#cancelHang = this.#clock.after(hangMs, () => {
      this.#hangs = true;
      this.#log.warn(
        `the disk has not answered for ${hangMs / 1000} s: events wait in memory, and the oldest pictures of clips go when there are too many; the alarm goes on`,
      );
    });
    this.#send(write.request)
      .then(
        (value) => {
          this.#failure = null;
          write.resolve(value);
        },
        (error: unknown) => {
          this.#failure = messageOf(error);
          write.reject(error);
        },
      )
      .finally(() => {
        this.#isWriting = false;
        this.#cancelHang?.();
        if (this.#hangs) {
          this.#hangs = false;
          this.#log.info(`the disk answers again; ${this.#queue.dropped} writes were given up so far`);
        }
        this.#writeNext();
      });
  }

  #read<Read extends StoreRead>(request: Read): Promise<StoreAnswers[Read["type"]]> {
    return this.#within(this.#send(request) as Promise<StoreAnswers[Read["type"]]>);
  }

  #send(request: StoreWrite | StoreRead): Promise<unknown> {
    const worker = this.#worker;
    if (worker === null) return Promise.reject(unavailable());
    const sequence = ++this.#sequence;
    return new Promise((resolve, reject) => {
      this.#answers.set(sequence, { resolve, reject });
      worker.postMessage({ ...request, sequence });
    });
  }

  #answer(sequence: number) {
    const waiting = this.#answers.get(sequence);
    this.#answers.delete(sequence);
    return waiting;
  }

  /** For somebody who waits for the answer. */
  async #within<Result>(answer: Promise<Result>, limitMs = readLimitMs): Promise<Result> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(limitMs, () => reject(unavailable()));
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      cancel();
    }
  }

  async #orAfter(ms: number, done: Promise<void>): Promise<void> {
    let cancel = () => {};
    await Promise.race([
      done,
      new Promise<void>((resolve) => {
        cancel = this.#clock.after(ms, resolve);
      }),
    ]);
    cancel();
  }

  #scheduleKeep(): void {
    this.#cancelKeep = this.#clock.after(keepEveryMs, () => {
      this.write({ type: "keep" }).catch((error: unknown) =>
        this.#log.warn(`old events could not be removed: ${messageOf(error)}`),
      );
      this.#scheduleKeep();
    });
  }

  #tellTrouble(line: string | null): void {
    this.#trouble = line;
    if (line === null) this.#log.info("there is room for events again");
    else this.#log.warn(`events are not all kept: ${line}; the alarm goes on`);
  }

  #fail(cause: unknown): void {
    if (this.#stopping === null && cause !== undefined) {
      this.#log.error(`events are not recorded any more: ${messageOf(cause)}; the alarm goes on`);
    }
    for (const { reject } of this.#answers.values()) reject(unavailable());
    this.#answers.clear();
    this.#queue.clear();
  }
}

function unavailable(): XnorcamError {
  return new XnorcamError("XC_EVENTS_BUSY", "the disk with the events does not answer; try again later");
}
