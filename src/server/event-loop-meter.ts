import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../clock.ts";
import type { Percentiles } from "./status.ts";

/** Often enough to meet delays of 20 ms, and still only 50 wake-ups a second on a Pi Zero. */
const resolutionMs = 20;
const windowMs = 10_000;

/** How late the main thread is: what a ping, a viewer or the end of an alarm may have to wait. */
export class EventLoopMeter {
  readonly #clock: Clock;
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #lastWindow: Percentiles | null = null;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.#histogram.enable();
    this.#schedule();
  }

  /** Idempotent. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#histogram.disable();
  }

  /** Milliseconds over the last whole ten seconds, at first over what there is; null with nothing yet. */
  delay(): Percentiles | null {
    return this.#lastWindow ?? this.#current();
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(windowMs, () => {
      this.#lastWindow = this.#current();
      this.#histogram.reset();
      this.#schedule();
    });
  }

  #current(): Percentiles | null {
    if (this.#histogram.count === 0) return null;
    return { p50: this.#percentile(50), p99: this.#percentile(99) };
  }

  /** The histogram holds the nanoseconds between two wake-ups; what exceeds their distance is the delay. */
  #percentile(percent: number): number {
    return Math.max(0, this.#histogram.percentile(percent) / 1e6 - resolutionMs);
  }
}
