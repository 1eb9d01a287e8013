import type { Clock } from "../clock.ts";

/** Contacts bounce for some milliseconds: a level counts when it has been the same for a while. */
export class Debouncer {
  readonly #quietMs: number;
  readonly #clock: Clock;
  readonly #onChange: (active: boolean) => void;
  /** The last level that counted. */
  #settled = false;
  #cancel: (() => void) | null = null;

  /** @param quietMs for how long a level must stay */
  constructor(quietMs: number, clock: Clock, onChange: (active: boolean) => void) {
    this.#quietMs = quietMs;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The level at the start, which is no change. */
  begin(active: boolean): void {
    this.#settled = active;
  }

  /** The contact has this level now. */
  take(active: boolean): void {
    this.stop();
    this.#cancel = this.#clock.after(this.#quietMs, () => {
      this.#cancel = null;
      if (active === this.#settled) return;
      this.#settled = active;
      this.#onChange(active);
    });
  }

  /** A level that has not settled does not count any more. Idempotent. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
