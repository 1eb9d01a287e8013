import { type ChildProcessByStdio, spawn } from "node:child_process";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { messageOf, XnorcamError } from "../errors.ts";
import type { Picture } from "./frame.ts";
import { PaddedFrame } from "./padded-frame.ts";
import { rpicamNotInstalled } from "./rpicam-program.ts";
import { type RpicamSettings, rpicamArguments } from "./rpicam-settings.ts";
import { RpicamStderr } from "./rpicam-stderr.ts";

/** libcamera takes seconds to start on a Pi Zero. */
const firstFrameMs = 10_000;
const stallMs = 3000;
/** Slow rates are given this many periods before they count as a stall. */
const stallPeriods = 3;
/** A few frames may have waited while this program was busy; many times the rate is nonsense. */
const floodFactor = 3;
const floodFrames = 20;

export interface RpicamRunListener {
  /** A whole frame; its bytes are valid only during the call. */
  onFrame(picture: Picture): void;
  /** A frame that could not be trusted was passed over. */
  onBroken(): void;
  /** One line for the log. */
  warn(line: string): void;
}

/**
 * One life of `rpicam-vid`: from its start until it exits, stalls, floods or sends nonsense.
 *
 * Raw frames carry no mark where they begin: bytes too many or too few would shift all that follow. But the program
 * writes each frame in one go and then waits for the sensor. So a pause is where a frame ends; frames around a
 * pause elsewhere are passed over, and when that happens twice running, counting starts anew after the pause.
 */
export class RpicamRun {
  /** Resolves, with why, when the process is gone. */
  readonly ended: Promise<XnorcamError>;
  /** Resolves when the first frame was handed over; never, where none is. */
  readonly delivering: Promise<void>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #name: string;
  readonly #fps: number;
  readonly #listener: RpicamRunListener;
  readonly #frame: PaddedFrame;
  readonly #stderr: RpicamStderr;
  readonly #pauseTimer: NodeJS.Timeout;
  #stallTimer: NodeJS.Timeout;
  #onDelivering = () => {};
  #hasDelivered = false;
  #failure: XnorcamError | null = null;
  #chunks = 0;
  /** Whether the last pause was in the middle of a frame. */
  #isDoubtful = false;
  /** Whether more bytes were there already when the last frame was complete. */
  #isBehind = false;
  #secondStartedMs = performance.now();
  #framesInSecond = 0;

  constructor(program: string, settings: RpicamSettings, listener: RpicamRunListener) {
    this.#name = basename(program);
    this.#fps = settings.fps;
    this.#listener = listener;
    this.#frame = new PaddedFrame(settings.width, settings.height);
    this.delivering = new Promise((resolve) => {
      this.#onDelivering = resolve;
    });
    this.#stderr = new RpicamStderr(this.#name, listener.warn, (width, height) => {
      if (width !== settings.width || height !== settings.height)
        this.#fail(otherSize(width, height, settings));
    });
    this.#pauseTimer = setTimeout(() => this.#onQuiet(), 500 / this.#fps);
    this.#stallTimer = this.#failAfter(firstFrameMs);
    this.#child = spawn(program, rpicamArguments(settings), { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.#stderr.add(text));
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#failure ??= notStarted(this.#name, error);
      });
      this.#child.once("close", (code, signal) => {
        clearTimeout(this.#pauseTimer);
        clearTimeout(this.#stallTimer);
        this.#stderr.end();
        resolve(this.#failure ?? this.#stderr.explain(signal ?? `exit code ${code}`));
      });
    });
  }

  /** Whether at least one frame was handed over. */
  get hasDelivered(): boolean {
    return this.#hasDelivered;
  }

  /** Ends the process at once and waits for it. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    // Node reports the end of a process only after its output was read or thrown away.
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    await this.ended;
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== null) return;
    this.#chunks++;
    for (let at = 0; at < chunk.length && this.#failure === null; ) {
      at = this.#frame.take(chunk, at);
      if (!this.#frame.isComplete) break;
      this.#onComplete(at === chunk.length);
    }
    this.#pauseTimer.refresh();
  }

  #onComplete(isLastByte: boolean): void {
    this.#watchRate();
    const wasBehind = this.#isBehind;
    this.#isBehind = !isLastByte;
    if (this.#isDoubtful) {
      this.#listener.onBroken();
      return;
    }
    // Either the next frame is here already, which is the better one, or there are bytes too many. A row of
    // frames without a pause is just late.
    if (this.#isBehind && !wasBehind) return;
    this.#stallTimer.refresh();
    if (!this.#hasDelivered) this.#onFirst();
    this.#listener.onFrame(this.#frame.picture);
  }

  #onFirst(): void {
    this.#hasDelivered = true;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = this.#failAfter(stallMs);
    this.#stderr.forget();
    this.#onDelivering();
  }

  /** Half a period has gone by without a byte, unless it was this program that had no time to read. */
  #onQuiet(): void {
    const chunks = this.#chunks;
    setImmediate(() => {
      if (chunks === this.#chunks) this.#onPause();
    });
  }

  #onPause(): void {
    const isInside = !this.#frame.isEmpty && !this.#frame.isComplete;
    if (isInside && this.#isDoubtful) {
      this.#frame.clear();
      this.#listener.onBroken();
    }
    this.#isDoubtful = isInside;
    this.#isBehind = false;
  }

  #watchRate(): void {
    const nowMs = performance.now();
    if (nowMs - this.#secondStartedMs > 1000) {
      this.#secondStartedMs = nowMs;
      this.#framesInSecond = 0;
    }
    this.#framesInSecond++;
    if (this.#framesInSecond <= floodFactor * this.#fps + floodFrames) return;
    const line = `${this.#name} sends at least ${this.#framesInSecond} frames a second, where ${this.#fps} were asked for`;
    this.#fail(new XnorcamError("XC_CAMERA_FAILED", line));
  }

  #failAfter(limitMs: number): NodeJS.Timeout {
    const ms = Math.max(limitMs, (stallPeriods * 1000) / this.#fps);
    const line = `${this.#name} has sent no whole frame for ${Math.round(ms / 1000)} s: if this comes again, check the camera's cable and power`;
    return setTimeout(() => this.#fail(new XnorcamError("XC_CAMERA_FAILED", line)), ms);
  }

  #fail(error: XnorcamError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#child.kill("SIGKILL");
    this.#child.stdout.destroy();
  }
}

function otherSize(width: number, height: number, wanted: RpicamSettings): XnorcamError {
  return new XnorcamError(
    "XC_CAMERA_SETTINGS",
    `the camera does not offer ${wanted.width} × ${wanted.height}: set camera.width to ${width} and camera.height to ${height}`,
  );
}

function notStarted(name: string, error: Error): XnorcamError {
  if ("code" in error && error.code === "ENOENT") return rpicamNotInstalled(error);
  return new XnorcamError("XC_CAMERA_FAILED", `${name} cannot be started: ${messageOf(error)}`, {
    cause: error,
  });
}
