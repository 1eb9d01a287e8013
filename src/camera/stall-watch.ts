/** libcamera takes seconds to start on a Pi Zero, and so does a camera on the network. */
const firstFrameMs = 10_000;
/** A camera that has lost its rhythm is given up after this time at the latest. */
const longestMs = 3000;
/** No camera is given up sooner: exposure and autofocus take no frame longer, since the rate is fixed. */
const shortestMs = 1500;
/** Silence of so many of the periods that were seen is no jitter any more. */
const silentPeriods = 10;
/** Slow rates are given this many of the periods that were asked for. */
const stallPeriods = 3;
/** How much the last period counts in the mean. */
const newest = 0.2;
/** After this program had no time, what waits to be read is read within this time. */
const reprieveMs = 100;

/**
 * Tells when a camera sends no frame any more. A regular one is missed sooner than one whose frames come now and then:
 * after ten of its own periods, but after 1.5 s at the earliest and 3 s at the latest, or three periods of a rate that
 * is slower than that.
 */
export class StallWatch {
  readonly #nominalMs: number;
  readonly #onStall: (seconds: number) => void;
  #periodMs: number;
  #lastMs: number | null = null;
  #timer: NodeJS.Timeout;
  #hasBytes = false;

  /**
   * @param fps frames per second that were asked for
   * @param onStall is called once, with for how long there was no frame
   */
  constructor(fps: number, onStall: (seconds: number) => void) {
    this.#nominalMs = 1000 / fps;
    this.#periodMs = this.#nominalMs;
    this.#onStall = onStall;
    this.#timer = this.#after(Math.max(firstFrameMs, stallPeriods * this.#nominalMs));
  }

  /** Something was read, though not yet a whole frame. */
  onBytes(): void {
    this.#hasBytes = true;
  }

  /** A whole frame was read. */
  onFrame(): void {
    const nowMs = performance.now();
    if (this.#lastMs !== null) this.#periodMs += newest * (nowMs - this.#lastMs - this.#periodMs);
    this.#lastMs = nowMs;
    clearTimeout(this.#timer);
    const bySeenMs = Math.min(longestMs, Math.max(shortestMs, silentPeriods * this.#periodMs));
    this.#timer = this.#after(Math.max(bySeenMs, stallPeriods * this.#nominalMs));
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #after(limitMs: number): NodeJS.Timeout {
    const tell = () => this.#onStall(Number((limitMs / 1000).toFixed(1)));
    return setTimeout(() => {
      // The timer may be due since this program itself had no time: then there is something to read, which comes next.
      this.#hasBytes = false;
      this.#timer = setTimeout(() => {
        if (this.#hasBytes) this.#timer = setTimeout(tell, limitMs);
        else tell();
      }, reprieveMs);
    }, limitMs);
  }
}
