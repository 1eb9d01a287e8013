import { EventEmitter } from "node:events";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { type Binding, followsAlarm } from "./binding.ts";
import type { AlarmOutput } from "./output.ts";
import { type Pattern, patterns } from "./patterns.ts";

/** An output for the status page. */
export interface OutputReport {
  kind: AlarmOutput["kind"];
  description: string;
  /** Whether it is on; between the pulses of a pattern, too. */
  on: boolean;
  /** Why it could not be switched last time; null while all is well. */
  error: string | null;
}

export interface DriverSettings {
  readonly binding: Binding;
  readonly pattern: Pattern;
  /** Milliseconds after which it goes off although it should be on; null for never. */
  readonly maxOnMs: number | null;
}

/** How soon a switch that failed is tried again. */
const retryMs = 1000;

const plain: DriverSettings = { binding: followsAlarm, pattern: "steady", maxOnMs: null };

interface DriverEvents {
  /** It could not be switched. Told once, however often the next attempts fail too. */
  failure: [error: unknown];
}

/** Plays an output's pattern while it is wanted on, for as long as it may, and tries again what failed. */
export class OutputDriver extends EventEmitter<DriverEvents> {
  readonly #output: AlarmOutput;
  readonly #clock: Clock;
  #binding!: Binding;
  #pattern!: readonly number[] | null;
  #maxOnMs!: number | null;
  #wanted = false;
  /** The level that the pin should have at this moment. */
  #level = false;
  #step = 0;
  #error: string | null = null;
  #cancelStep: (() => void) | null = null;
  #cancelLimit: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  /** It was on for as long as it may; it stays off until it is no longer wanted. */
  #isSpent = false;
  #stopped = false;

  constructor(output: AlarmOutput, clock: Clock, settings: DriverSettings = plain) {
    super();
    this.#output = output;
    this.#clock = clock;
    this.#take(settings);
  }

  /** What it follows. */
  get binding(): Binding {
    return this.#binding;
  }

  /** Goes by other settings from now on. While it is on, pattern and time limit begin anew. */
  apply(settings: DriverSettings): void {
    this.#take(settings);
    if (!this.#wanted) return;
    this.#wanted = false;
    this.want(true);
  }

  /** Switches at once. Called again with the same, it tries again what failed. */
  want(on: boolean): void {
    if (this.#stopped) return;
    if (on === this.#wanted) {
      if (this.#error !== null) this.#write();
      return;
    }
    this.#wanted = on;
    this.#isSpent = false;
    this.#cancelLimit?.();
    this.#cancelLimit = null;
    if (on && this.#maxOnMs !== null) {
      this.#cancelLimit = this.#clock.after(this.#maxOnMs, () => {
        this.#isSpent = true;
        this.#play(false);
      });
    }
    this.#play(on);
  }

  report(): OutputReport {
    const { kind, description } = this.#output;
    const isPlaying = this.#wanted && !this.#isSpent;
    const on = this.#error === null && this.#pattern !== null ? isPlaying : this.#output.on;
    return { kind, description, on, error: this.#error };
  }

  /** Off for good. Idempotent; called again, it tries again what failed. */
  stop(): void {
    this.#stopped = true;
    this.#wanted = false;
    this.#level = false;
    for (const cancel of [this.#cancelStep, this.#cancelLimit, this.#cancelRetry]) cancel?.();
    this.#attempt(() => this.#output.stop());
  }

  #take({ binding, pattern, maxOnMs }: DriverSettings): void {
    this.#binding = binding;
    this.#pattern = patterns[pattern];
    this.#maxOnMs = maxOnMs;
  }

  #play(on: boolean): void {
    this.#cancelStep?.();
    this.#cancelStep = null;
    this.#step = 0;
    this.#level = on;
    this.#write();
    if (on && this.#pattern !== null) this.#awaitStep(this.#pattern, this.#clock.now());
  }

  /** From step to step by the time at which each was due, so that the rhythm keeps where timers are late. */
  #awaitStep(pattern: readonly number[], dueMs: number): void {
    const nextMs = dueMs + pattern[this.#step]!;
    this.#cancelStep = this.#clock.after(Math.max(0, nextMs - this.#clock.now()), () => {
      this.#step = (this.#step + 1) % pattern.length;
      this.#level = this.#step % 2 === 0;
      this.#write();
      // After a time without any (the machine slept), not all of the missed steps at once.
      this.#awaitStep(pattern, Math.max(nextMs, this.#clock.now() - pattern[this.#step]!));
    });
  }

  #write(): void {
    this.#attempt(() => this.#output.set(this.#level));
    if (this.#error === null || this.#cancelRetry !== null) return;
    this.#cancelRetry = this.#clock.after(retryMs, () => {
      this.#cancelRetry = null;
      if (this.#error !== null) this.#write();
    });
  }

  #attempt(action: () => void): void {
    try {
      action();
      this.#error = null;
    } catch (error) {
      const isFirst = this.#error === null;
      this.#error = messageOf(error);
      if (isFirst) this.emit("failure", error);
    }
  }
}
