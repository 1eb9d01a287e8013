/** Monotonic time and timers, so that a test can steer both. */
export interface Clock {
  /** Milliseconds, never going back; comparable to `Frame.capturedAtMs`. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now. Returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** `performance.now()` and `setTimeout`: a Pi has no battery clock and jumps when NTP sets the wall clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
