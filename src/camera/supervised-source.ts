import { setTimeout as sleep } from "node:timers/promises";
import { XnorcamError } from "../errors.ts";
import type { Frame } from "./frame.ts";
import type { FrameSource } from "./frame-source.ts";
import type { SourceRun, SourceRunListener } from "./source-run.ts";

/** A camera that was well before is started again almost at once; one that does not come up, ever more seldom. */
const firstDelayMs = 100;
const longestDelayMs = 30_000;

export interface SupervisedListener {
  /** One line for the log: what the camera's program warns of. */
  warn(line: string): void;
  /** No frames come for the moment; it is started again by itself. */
  onFailure(error: XnorcamError): void;
}

/** How a camera is read: what starts its program, and what is needed for as long as the source lives. */
export interface CameraReader {
  /** For logs and the page. */
  readonly description: string;
  /** @throws XnorcamError XC_CAMERA_FAILED */
  open(): void;
  begin(listener: SourceRunListener): SourceRun;
  /** Idempotent. */
  close(): void;
}

/** A camera read through another program, which is started again whenever it fails. */
export class SupervisedSource implements FrameSource {
  readonly stats = { delivered: 0, broken: 0 };
  readonly #reader: CameraReader;
  readonly #listener: SupervisedListener;
  readonly #stopping = new AbortController();
  #run: SourceRun | undefined;
  #supervising: Promise<void> | undefined;
  /** Resolves when others are done with the camera. */
  #lent: Promise<unknown> | null = null;

  constructor(reader: CameraReader, listener: SupervisedListener) {
    this.#reader = reader;
    this.#listener = listener;
  }

  get description(): string {
    return this.#reader.description;
  }

  /**
   * Resolves when the first frame was delivered.
   * @throws XnorcamError XC_CAMERA_* or XC_FFMPEG_* when none comes; nothing is left running then.
   */
  async start(onFrame: (frame: Frame) => void): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#reader.open();
    const run = this.#begin(onFrame);
    const failure = await Promise.race([run.delivering, run.ended]);
    if (failure instanceof XnorcamError) this.#reader.close();
    if (this.#stopping.signal.aborted) return;
    if (failure instanceof XnorcamError) throw failure;
    this.#supervising = this.#supervise(run, onFrame);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run?.kill();
    await this.#supervising;
    this.#reader.close();
  }

  /**
   * Gives the camera, which only one program can use at a time, to `work`; frames come again after it. No failure is
   * told of that. One at a time. A `stop` waits for it.
   */
  async lend<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#run;
    const working = (async () => {
      await run?.kill();
      return await work();
    })();
    this.#lent = working.catch(() => {});
    return await working;
  }

  async #supervise(first: SourceRun, onFrame: (frame: Frame) => void): Promise<void> {
    const { signal } = this.#stopping;
    let delayMs = firstDelayMs;
    for (let run = first; ; run = this.#begin(onFrame)) {
      const failure = await run.ended;
      if (signal.aborted) return;
      if (run.hasDelivered) delayMs = firstDelayMs;
      const lent = this.#lent;
      if (lent !== null) await this.#untilReturned(lent);
      else this.#listener.onFailure(failure);
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      // It may be lent while it waits to be started again.
      if (this.#lent !== null) await this.#untilReturned(this.#lent);
      if (signal.aborted) return;
      delayMs = Math.min(2 * delayMs, longestDelayMs);
    }
  }

  async #untilReturned(lent: Promise<unknown>): Promise<void> {
    await lent;
    if (this.#lent === lent) this.#lent = null;
  }

  #begin(onFrame: (frame: Frame) => void): SourceRun {
    this.#run = this.#reader.begin({
      onFrame: ({ width, height, data }, capturedAtMs, exchange) => {
        if (this.#stopping.signal.aborted) return;
        this.stats.delivered++;
        const frame = { width, height, data, id: this.stats.delivered, capturedAtMs };
        onFrame(exchange === undefined ? frame : { ...frame, exchange });
      },
      onBroken: () => {
        this.stats.broken++;
      },
      warn: (line) => this.#listener.warn(line),
    });
    return this.#run;
  }
}
