import { type ChildProcessByStdio, spawn } from "node:child_process";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { messageOf, XnorcamError } from "../errors.ts";
import type { FrameMarks } from "./frame-marks.ts";
import { PaddedFrame } from "./padded-frame.ts";
import { rpicamNotInstalled } from "./rpicam-program.ts";
import { type RpicamSettings, rpicamArguments } from "./rpicam-settings.ts";
import { RpicamStderr } from "./rpicam-stderr.ts";
import type { SourceRun, SourceRunListener } from "./source-run.ts";
import { StallWatch } from "./stall-watch.ts";

/** A few frames may have waited while this program was busy; many times the rate is nonsense. */
const floodFactor = 3;
const floodFrames = 20;

/** What was written before a mark is read within this time, unless more goes on coming. */
const settleMs = 1;
/** As often in succession must the same number of bytes be too many before they are taken for what they are. */
const sameExcesses = 3;
/**
 * The beginning of the next frame is mostly as long as what the pipe holds, whole pages: on a busy machine so may be the
 * beginnings of several frames in succession.
 */
const pageBytes = 4096;
const samePages = 12;

/**
 * One life of `rpicam-vid`: from its start until it exits, stalls, floods or sends nonsense.
 *
 * Raw frames carry no mark where they begin, and bytes too many or too few would shift all that follow. But the
 * program tells of each frame when it has written it (see FrameMarks). So a frame counts only when there are, with
 * nothing left to read, exactly as many bytes as the frames that were told of have: then none is missing and none
 * too many, and the last of these frames is whole. Where the same number of bytes is too many after several frames
 * in succession, counting starts anew behind them; once is the beginning of the next frame.
 *
 * Of frames that follow each other without a pause, since this program had no time to read, only the last counts,
 * which is also the newest.
 */
export class RpicamRun implements SourceRun {
  readonly ended: Promise<XnorcamError>;
  readonly delivering: Promise<void>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #name: string;
  readonly #fps: number;
  readonly #listener: SourceRunListener;
  readonly #frame: PaddedFrame;
  readonly #stderr: RpicamStderr;
  readonly #stall: StallWatch;
  #onDelivering = () => {};
  #hasDelivered = false;
  #failure: XnorcamError | null = null;
  #settleTimer: NodeJS.Timeout | undefined;
  /** Frames that were told of, and how many of them were looked at. */
  #marks = 0;
  #settledMarks = 0;
  /** Bytes that belong to these and the next frame. */
  #bytes = 0;
  #chunks = 0;
  #completeMs = 0;
  /** Bytes too many when it was looked last, and how often in succession it were so many. */
  #excess = 0;
  #excesses = 0;
  readonly #exchange = (other: SharedArrayBuffer) => this.#frame.exchange(other);
  #secondStartedMs = performance.now();
  #framesInSecond = 0;

  constructor(program: string, settings: RpicamSettings, marks: FrameMarks, listener: SourceRunListener) {
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
    this.#stall = new StallWatch(settings.fps, (seconds) => {
      const line = `${this.#name} has sent no whole frame for ${seconds} s: if this comes again, check the camera's cable and power`;
      this.#fail(new XnorcamError("XC_CAMERA_FAILED", line));
    });
    this.#child = spawn(program, [...rpicamArguments(settings), "--save-pts", marks.path], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    marks.listen(() => {
      this.#marks++;
      this.#settle();
    });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      // Whoever complains is not dead yet.
      this.#stall.onBytes();
      this.#stderr.add(text);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#failure ??= notStarted(this.#name, error);
      });
      this.#child.once("close", (code, signal) => {
        clearTimeout(this.#settleTimer);
        this.#stall.stop();
        marks.listen(() => {});
        this.#stderr.end();
        resolve(this.#failure ?? this.#stderr.explain(signal ?? `exit code ${code}`));
      });
    });
  }

  get hasDelivered(): boolean {
    return this.#hasDelivered;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    // Node reports the end of a process only after its output was read or thrown away.
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    await this.ended;
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== null) return;
    this.#stall.onBytes();
    this.#chunks++;
    this.#bytes += chunk.length;
    for (let at = 0; at < chunk.length && this.#failure === null; ) {
      at = this.#frame.take(chunk, at);
      if (!this.#frame.isComplete) break;
      this.#completeMs = performance.now();
      this.#watchRate();
    }
    if (this.#marks > this.#settledMarks) this.#settle();
  }

  /** Looks at what has come when there is nothing left to read. */
  #settle(): void {
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      const chunks = this.#chunks;
      // The timer may be due since this program had no time; what has come meanwhile is read in between.
      setImmediate(() => {
        if (chunks === this.#chunks && this.#failure === null) this.#compare();
      });
    }, settleMs);
  }

  #compare(): void {
    this.#settledMarks = this.#marks;
    const excess = this.#bytes - this.#marks * this.#frame.paddedBytes;
    this.#excesses = excess === this.#excess ? this.#excesses + 1 : 1;
    this.#excess = excess;
    if (excess === 0) this.#deliver(this.#completeMs);
    if (excess === 0 || this.#excesses < (excess % pageBytes === 0 ? samePages : sameExcesses)) return;
    this.#bytes -= excess;
    this.#frame.clear();
    this.#listener.onBroken();
  }

  #deliver(completeMs: number): void {
    this.#stall.onFrame();
    if (!this.#hasDelivered) this.#onFirst();
    this.#listener.onFrame(this.#frame.picture, completeMs, this.#exchange);
  }

  #onFirst(): void {
    this.#hasDelivered = true;
    this.#stderr.forget();
    this.#onDelivering();
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
