import type { Clock } from "../clock.ts";
import type { SdNotify } from "./sd-notify.ts";

/**
 * What systemd hears of the camera: ready with the first frame that was looked at, alive only while frames flow. So a
 * camera that hangs in whatever way is started again, and its outputs are switched off.
 */
export class ServiceLife {
  readonly #notify: SdNotify;
  readonly #clock: Clock;
  readonly #problem: () => string | null;
  #isReady = false;
  #cancel: (() => void) | null = null;

  /** @param problem null while frames flow through the detector, else what is wrong */
  constructor(notify: SdNotify, clock: Clock, problem: () => string | null) {
    this.#notify = notify;
    this.#clock = clock;
    this.#problem = problem;
  }

  /** A frame went through the detector. */
  onDetections(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    void this.#notify.ready("watching");
    this.#feed();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    // Nothing may make it ready any more.
    this.#isReady = true;
    return this.#notify.stopping();
  }

  #feed(): void {
    const { watchdogMs } = this.#notify;
    if (watchdogMs === null) return;
    this.#cancel = this.#clock.after(watchdogMs, () => {
      if (this.#problem() === null) void this.#notify.alive();
      this.#feed();
    });
  }
}
