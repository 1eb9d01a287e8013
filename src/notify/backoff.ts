/** Waits that double from `firstMs` up to `longestMs`, each shortened by up to a half at random: many cameras must not come back at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #failures = 0;

  /** @param random 0 … 1 */
  constructor(firstMs: number, longestMs: number, random: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const fullMs = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#failures);
    if (fullMs < this.#longestMs) this.#failures++;
    return fullMs * (1 - this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
