import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { XnorcamError } from "../errors.ts";
import type { Frame, Picture } from "./frame.ts";
import type { FrameSource } from "./frame-source.ts";
import { RpicamRun } from "./rpicam-run.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";

/** A camera that was well before is started again almost at once; one that does not come up, ever more seldom. */
const firstDelayMs = 500;
const longestDelayMs = 30_000;

export interface RpicamListener {
  /** One line for the log: what rpicam-vid warns of. */
  warn(line: string): void;
  /** No frames come for the moment; it is started again by itself. */
  onFailure(error: XnorcamError): void;
}

/** A camera on the Pi's ribbon connector, read through `rpicam-vid`, which is started again whenever it fails. */
export class RpicamSource implements FrameSource {
  readonly description: string;
  readonly stats = { delivered: 0, broken: 0 };
  readonly #program: string;
  readonly #settings: RpicamSettings;
  readonly #listener: RpicamListener;
  readonly #stopping = new AbortController();
  #run: RpicamRun | undefined;
  #supervising: Promise<void> | undefined;

  /** @param program path of `rpicam-vid` or `libcamera-vid` */
  constructor(program: string, settings: RpicamSettings, listener: RpicamListener) {
    const { width, height, fps } = settings;
    this.description = `Raspberry Pi camera (${basename(program)}, ${width} × ${height}, ${fps} fps)`;
    this.#program = program;
    this.#settings = settings;
    this.#listener = listener;
  }

  /**
   * Resolves when the first frame was delivered.
   * @throws XnorcamError XC_CAMERA_* when none comes; nothing is left running then.
   */
  async start(onFrame: (frame: Frame) => void): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const run = this.#begin(onFrame);
    const failure = await Promise.race([run.delivering, run.ended]);
    if (this.#stopping.signal.aborted) return;
    if (failure instanceof XnorcamError) throw failure;
    this.#supervising = this.#supervise(run, onFrame);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run?.kill();
    await this.#supervising;
  }

  async #supervise(first: RpicamRun, onFrame: (frame: Frame) => void): Promise<void> {
    const { signal } = this.#stopping;
    let delayMs = firstDelayMs;
    for (let run = first; ; run = this.#begin(onFrame)) {
      const failure = await run.ended;
      if (signal.aborted) return;
      if (run.hasDelivered) delayMs = firstDelayMs;
      this.#listener.onFailure(failure);
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      delayMs = Math.min(2 * delayMs, longestDelayMs);
    }
  }

  #begin(onFrame: (frame: Frame) => void): RpicamRun {
    this.#run = new RpicamRun(this.#program, this.#settings, {
      onFrame: (picture) => this.#deliver(picture, onFrame),
      onBroken: () => {
        this.stats.broken++;
      },
      warn: (line) => this.#listener.warn(line),
    });
    return this.#run;
  }

  #deliver({ width, height, data }: Picture, onFrame: (frame: Frame) => void): void {
    if (this.#stopping.signal.aborted) return;
    this.stats.delivered++;
    onFrame({ width, height, data, id: this.stats.delivered, capturedAtMs: performance.now() });
  }
}
