import { type Frame, i420Bytes, type Picture } from "../camera/frame.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import type { FrameDetections } from "./detection.ts";
import type { DetectorInfo, DetectorMessage, DetectorSetup, DetectorThread } from "./detector-messages.ts";
import { startDetectorThread } from "./detector-thread.ts";

export type { DetectorInfo } from "./detector-messages.ts";

export interface DetectorListener {
  /** `picture` is the very frame that was detected on; valid only during the call. */
  onDetections(result: FrameDetections, picture: Picture): void;
  /** Its thread broke; it is being started again. */
  onFailure(error: XnorcamError): void;
}

/** A frame in shared memory. */
interface Slot {
  buffer: SharedArrayBuffer;
  frame: { id: number; capturedAtMs: number; width: number; height: number };
}

const restartDelaysMs = [500, 1000, 2000, 5000, 10_000, 30_000];

/**
 * The detector in a thread of its own, so that an inference of 100 ms never holds up the siren, the watchdog or
 * a viewer. One frame is in flight; of those that come meanwhile the newest waits, the others are dropped.
 */
export class Detector {
  readonly stats = { submitted: 0, dropped: 0, processed: 0 };
  readonly #setup: DetectorSetup;
  readonly #listener: DetectorListener;
  #thread: DetectorThread | undefined;
  #ready = false;
  #stopped = false;
  #failuresInARow = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  /** In the thread's hands. */
  #inFlight: Slot | undefined;
  /** The newest frame, for when the thread is free. */
  #waiting: Slot | undefined;
  /** Buffers that nobody uses: one is in flight, one waits, one may be with the source. */
  readonly #free: SharedArrayBuffer[] = [];

  constructor(options: DetectorSetup, listener: DetectorListener) {
    this.#setup = options;
    this.#listener = listener;
  }

  /**
   * Starts the thread and waits until its model is loaded.
   * @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID, XC_KERNELS_UNAVAILABLE, XC_DETECTOR_FAILED
   */
  start(): Promise<DetectorInfo> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const onMessage = (message: DetectorMessage) => {
        switch (message.type) {
          case "ready":
            settled = true;
            this.#ready = true;
            resolve(message.info);
            this.#sendWaiting();
            break;
          case "refused":
            settled = true;
            reject(new XnorcamError(message.code, message.message));
            break;
          case "detected":
            this.#finish(message);
            break;
        }
      };
      const onEnd = (cause: unknown) => {
        if (this.#stopped && !settled) {
          reject(new XnorcamError("XC_DETECTOR_FAILED", "the detector was stopped while it was starting"));
        }
        if (this.#thread !== thread) return;
        const why = cause === undefined ? "it ended" : messageOf(cause);
        const error = new XnorcamError("XC_DETECTOR_FAILED", `the detector stopped: ${why}`, { cause });
        if (!settled) reject(error);
        else if (this.#ready) this.#restartAfter(error);
      };
      const thread = startDetectorThread(this.#setup, { onMessage, onEnd });
      this.#thread = thread;
    });
  }

  /**
   * Hands over a frame; its bytes are copied, or exchanged for others where the source offers that. The newest frame wins: one that was waiting is dropped.
   * Before `start()` resolved, and while the thread is being started again, frames wait the same way.
   */
  submit(frame: Frame): void {
    if (this.#stopped) return;
    this.stats.submitted++;
    const { id, capturedAtMs, width, height } = frame;
    if (this.#waiting !== undefined) this.stats.dropped++;
    const unused = this.#waiting?.buffer ?? this.#free.pop();
    const bytes = i420Bytes(width, height);
    const memory = unused !== undefined && unused.byteLength >= bytes ? unused : new SharedArrayBuffer(bytes);
    this.#waiting = { buffer: filledBy(frame, memory), frame: { id, capturedAtMs, width, height } };
    this.#sendWaiting();
  }

  /** Idempotent; no result comes after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ready = false;
    clearTimeout(this.#restartTimer);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.stop();
  }

  #sendWaiting(): void {
    if (!this.#ready || this.#inFlight !== undefined || this.#waiting === undefined) return;
    this.#inFlight = this.#waiting;
    this.#waiting = undefined;
    const { buffer, frame } = this.#inFlight;
    this.#thread!.post({ buffer, width: frame.width, height: frame.height });
  }

  #finish({ detections, weak, timings }: Extract<DetectorMessage, { type: "detected" }>): void {
    if (this.#stopped || this.#inFlight === undefined) return;
    const { buffer, frame } = this.#inFlight;
    const { id: frameId, width, height, capturedAtMs } = frame;
    this.stats.processed++;
    this.#failuresInARow = 0;
    const latencyMs = performance.now() - capturedAtMs;
    const data = new Uint8Array(buffer, 0, i420Bytes(width, height));
    try {
      this.#listener.onDetections(
        { frameId, width, height, capturedAtMs, latencyMs, timings, detections, weak },
        { width, height, data },
      );
    } finally {
      this.#free.push(buffer);
      this.#inFlight = undefined;
      this.#sendWaiting();
    }
  }

  #restartAfter(error: XnorcamError): void {
    this.#ready = false;
    this.#thread = undefined;
    if (this.#inFlight !== undefined) {
      this.stats.dropped++;
      this.#inFlight = undefined;
    }
    if (this.#stopped) return;
    const delayMs = restartDelaysMs[Math.min(this.#failuresInARow++, restartDelaysMs.length - 1)]!;
    this.#listener.onFailure(
      new XnorcamError(error.code, `${error.message}; starting it again in ${delayMs} ms`, { cause: error }),
    );
    this.#restartTimer = setTimeout(() => {
      this.start().catch((again: unknown) =>
        this.#restartAfter(
          again instanceof XnorcamError
            ? again
            : new XnorcamError("XC_DETECTOR_FAILED", messageOf(again), { cause: again }),
        ),
      );
    }, delayMs);
  }
}

/** The frame's bytes in shared memory: its own in exchange for `memory`, or a copy of them there. */
function filledBy({ data, exchange }: Frame, memory: SharedArrayBuffer): SharedArrayBuffer {
  if (exchange !== undefined && data.buffer instanceof SharedArrayBuffer) {
    exchange(memory);
    return data.buffer;
  }
  new Uint8Array(memory).set(data);
  return memory;
}
