import type { DetectionTimings, FrameDetections } from "../detect/detection.ts";
import type { Percentiles } from "./status.ts";

/** Results over which the latency is taken: some 50 s at 5 fps. */
const window = 256;
/** Results over which the rate is taken, so that it follows a change within seconds. */
const rateWindow = 16;

/** Watches the detector's results go by: how many a second, how late, and when the last one came. */
export class ResultMeter {
  readonly #latencies = new Float64Array(window);
  readonly #arrivals = new Float64Array(rateWindow);
  #count = 0;
  #timings: DetectionTimings | null = null;

  /** Call it when a result arrives. */
  add(result: FrameDetections, nowMs: number): void {
    this.#latencies[this.#count % window] = result.latencyMs;
    this.#arrivals[this.#count % rateWindow] = nowMs;
    this.#count++;
    this.#timings = result.timings;
  }

  /** Of the last frame; null before the first. */
  get timings(): DetectionTimings | null {
    return this.#timings;
  }

  /** When the last result came; null before the first. */
  get lastMs(): number | null {
    return this.#count === 0 ? null : this.#arrivals[(this.#count - 1) % rateWindow]!;
  }

  /** Results a second. Falls toward 0 when no more come. */
  fps(nowMs: number): number {
    if (this.#count < 2) return 0;
    const last = this.lastMs!;
    const intervals = Math.min(this.#count, rateWindow) - 1;
    const first = this.#arrivals[this.#count < rateWindow ? 0 : this.#count % rateWindow]!;
    const usual = (last - first) / intervals;
    // A pause of up to twice the usual interval is just the wait for the next result.
    const overdue = Math.max(0, nowMs - last - 2 * usual);
    return (1000 * intervals) / (last - first + overdue);
  }

  /** From capture to result, milliseconds; null before the first result. */
  latency(): Percentiles | null {
    const count = Math.min(this.#count, window);
    if (count === 0) return null;
    const sorted = this.#latencies.slice(0, count).sort();
    const at = (share: number) => sorted[Math.min(count - 1, Math.floor(share * count))]!;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
