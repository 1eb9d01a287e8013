import { EventEmitter } from "node:events";
import type { Clock } from "../clock.ts";
import type { FrameDetections } from "../detect/detection.ts";
import { messageOf } from "../errors.ts";
import type { AlarmOutput } from "./output.ts";
import { AlarmPolicy, type AlarmSettings } from "./policy.ts";

/** The alarm for the status page: durations instead of times, since viewers' clocks differ from ours. */
export interface AlarmReport {
  active: boolean;
  /** The frame that switched it on; null while it is off. */
  frameId: number | null;
  /** "rifle 0.71 in 3 of 5 frames"; null while it is off. */
  reason: string | null;
  /** Milliseconds since it went on; null while it is off. */
  activeForMs: number | null;
  /** Milliseconds until it goes off if nothing more is seen; null while it is off. */
  offInMs: number | null;
  /** From the capture of that frame until every output was switched, milliseconds; null while it is off. */
  reactionMs: number | null;
}

/** An output for the status page. */
export interface OutputReport {
  kind: AlarmOutput["kind"];
  description: string;
  on: boolean;
  /** Why it could not be switched last time; null while all is well. */
  error: string | null;
}

interface AlarmEvents {
  /** The alarm went on or off; the outputs are switched already. */
  change: [report: AlarmReport];
  /** An output could not be switched; the others were. Told once, however often the next attempts fail too. */
  outputError: [output: AlarmOutput, error: unknown];
}

/** How soon a switch that failed is tried again while no frames come. */
const retryMs = 1000;

/** Owns the decision and the outputs: detections go in, pins are switched before `update` returns. */
export class Alarm extends EventEmitter<AlarmEvents> {
  readonly #policy: AlarmPolicy;
  readonly #outputs: readonly AlarmOutput[];
  readonly #clock: Clock;
  /** Of the outputs that could not be switched last time. */
  readonly #errors = new Map<AlarmOutput, string>();
  #cancelTimer: (() => void) | null = null;
  /** The level that the outputs were last told, which a stopped alarm leaves at off. */
  #on = false;
  #frameId: number | null = null;
  #reactionMs: number | null = null;
  #stopped = false;

  constructor(settings: AlarmSettings, outputs: readonly AlarmOutput[], clock: Clock) {
    super();
    this.#policy = new AlarmPolicy(settings);
    this.#outputs = outputs;
    this.#clock = clock;
  }

  /** Takes the detections of one frame. */
  update(result: FrameDetections): void {
    if (this.#stopped) return;
    this.#policy.tick(this.#clock.now());
    this.#apply();
    const state = this.#policy.update(result.detections, this.#clock.now());
    if (state.active && !this.#on) {
      this.#frameId = result.frameId;
      this.#apply(result.capturedAtMs);
    }
    this.#schedule();
  }

  report(): AlarmReport {
    const { reason, sinceMs, untilMs } = this.#policy.state;
    const now = this.#clock.now();
    return {
      active: this.#on,
      frameId: this.#frameId,
      reason: this.#on ? reason : null,
      activeForMs: this.#on && sinceMs !== null ? Math.round(now - sinceMs) : null,
      offInMs: this.#on && untilMs !== null ? Math.max(0, Math.round(untilMs - now)) : null,
      reactionMs: this.#reactionMs,
    };
  }

  outputReports(): OutputReport[] {
    return this.#outputs.map((output) => ({
      kind: output.kind,
      description: output.description,
      on: output.on,
      error: this.#errors.get(output) ?? null,
    }));
  }

  /** Switches every output off for good. Idempotent; called again, it tries those again that failed. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#on = false;
    this.#frameId = null;
    this.#reactionMs = null;
    for (const output of this.#outputs) this.#attempt(output, () => output.stop());
  }

  /**
   * Brings the outputs in line with the decision, also those that could not be switched before, and tells the
   * listeners when the decision is a new one.
   */
  #apply(capturedAtMs?: number): void {
    const { active } = this.#policy.state;
    const changed = active !== this.#on;
    this.#on = active;
    for (const output of this.#outputs) {
      if (changed || this.#errors.has(output)) this.#attempt(output, () => output.set(active));
    }
    if (!changed) return;
    if (!active) this.#frameId = null;
    this.#reactionMs = capturedAtMs === undefined ? null : this.#clock.now() - capturedAtMs;
    this.emit("change", this.report());
  }

  #attempt(output: AlarmOutput, action: () => void): void {
    try {
      action();
      this.#errors.delete(output);
    } catch (error) {
      const first = !this.#errors.has(output);
      this.#errors.set(output, messageOf(error));
      if (first) this.emit("outputError", output, error);
    }
  }

  /** One timer at a time: when it fires early because the hold was extended, it is set again. */
  #schedule(): void {
    if (this.#cancelTimer !== null) return;
    const { untilMs } = this.#policy.state;
    const holdMs = untilMs === null ? Number.POSITIVE_INFINITY : Math.ceil(untilMs - this.#clock.now());
    const waitMs = this.#errors.size > 0 ? Math.min(holdMs, retryMs) : holdMs;
    if (waitMs === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#clock.after(Math.max(1, waitMs), () => {
      this.#cancelTimer = null;
      this.#policy.tick(this.#clock.now());
      this.#apply();
      this.#schedule();
    });
  }
}
