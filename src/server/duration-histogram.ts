/** Upper bounds, milliseconds: from what a tracker takes on a PC to what a network takes on a Pi Zero. */
const boundsMs = [0.1, 0.3, 1, 3, 10, 30, 100, 200, 300, 500, 1000, 3000, 10_000];

/** How often something took how long, since the start. */
export class DurationHistogram {
  /** One more than there are bounds, for what takes longer than any. */
  readonly #counts = new Float64Array(boundsMs.length + 1);
  #sumMs = 0;

  add(ms: number): void {
    let bucket = 0;
    while (bucket < boundsMs.length && ms > boundsMs[bucket]!) bucket++;
    this.#counts[bucket]! += 1;
    this.#sumMs += ms;
  }

  get sumSeconds(): number {
    return this.#sumMs / 1000;
  }

  /** For each bound in seconds, the last of which is infinite, how often it took no longer. */
  buckets(): { upToSeconds: number; count: number }[] {
    let count = 0;
    return [...this.#counts].map((inBucket, index) => {
      count += inBucket;
      return { upToSeconds: (boundsMs[index] ?? Number.POSITIVE_INFINITY) / 1000, count };
    });
  }
}
