import type { StatusMessage } from "../../../src/server/wire.ts";

/** Ten minutes at one status a second go into this many points, and so do the hours after them. */
const mostPoints = 600;

/** How the camera ran at one moment; null is unknown. */
export interface Sample {
  /** Seconds since 1970 by this browser's clock. */
  time: number;
  fps: number;
  latencyMs: number | null;
  latencyP99Ms: number | null;
  temperatureC: number | null;
  memoryMb: number;
  freeDiskGb: number | null;
}

/**
 * How the camera ran since the page was opened. When it is full, every second sample goes and only half as many come
 * in from then on, so that a page on the wall has days of it in the memory of minutes.
 */
export class History {
  #samples: Sample[] = [];
  /** One of so many statuses is kept. */
  #every = 1;
  #seen = 0;

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  add(status: StatusMessage, nowMs: number): void {
    if (this.#seen++ % this.#every !== 0) return;
    const space = status.health.checks.find(({ name }) => name === "space")?.measured?.freeBytes;
    this.#samples.push({
      time: nowMs / 1000,
      fps: status.detector.fps,
      latencyMs: status.detector.latencyMs?.p50 ?? null,
      latencyP99Ms: status.detector.latencyMs?.p99 ?? null,
      temperatureC: status.load.temperatureC,
      memoryMb: status.rssBytes / 1e6,
      freeDiskGb: space === undefined ? null : space / 1e9,
    });
    if (this.#samples.length < mostPoints) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    this.#every *= 2;
  }
}
