import { EventEmitter } from "node:events";
import type { Clock } from "../clock.ts";
import type { TrackedFrame } from "../detect/track.ts";
import { isBoundOn } from "./binding.ts";
import type { OutputDriver, OutputReport } from "./output-driver.ts";
import { AlarmPolicy } from "./policy.ts";
import type { AlarmSettings, ArmMode } from "./settings.ts";
import type { AlarmCause, AlarmPhase, AlarmState, Verdict } from "./state.ts";

/** The alarm for the status page: durations instead of times, since viewers' clocks differ from ours. */
export interface AlarmReport {
  phase: AlarmPhase;
  mode: ArmMode;
  active: boolean;
  /** Switched on by hand: to try the outputs, or by the panic button; null where the camera decided. */
  byHand: AlarmState["byHand"];
  /** The frame that switched it on; null while it is off. */
  frameId: number | null;
  /** "rifle 0.71 in 3 of 5 frames, armed away"; "test alarm"; null while it is off and none is pending. */
  reason: string | null;
  /** The objects that raised it, or that wait for the entry delay. */
  alarms: readonly AlarmCause[];
  /** What was decided of each object in the last frame, and why. */
  verdicts: readonly Verdict[];
  /** Milliseconds since it went on; null while it is off. */
  activeForMs: number | null;
  /** Milliseconds until it goes off if nothing more is seen; null while it is off. */
  offInMs: number | null;
  /** From the capture of that frame until every output was switched, milliseconds; null while it is off. */
  reactionMs: number | null;
}

interface AlarmEvents {
  /** The alarm went on or off, or its phase or mode changed; the outputs are switched already. */
  change: [report: AlarmReport];
  /** An output could not be switched; the others were. Told once, however often the next attempts fail too. */
  outputError: [error: unknown];
}

/** How often the schedule is looked at while no frames come. */
const scheduleMs = 15_000;

/** Owns the decision and the outputs: detections go in, pins are switched before `update` returns. */
export class Alarm extends EventEmitter<AlarmEvents> {
  readonly #policy: AlarmPolicy;
  readonly #outputs: readonly OutputDriver[];
  readonly #clock: Clock;
  readonly #localTime: () => Date;
  #hasSchedule: boolean;
  /** Outputs that the present alarm has switched on; they stay on for as long as it does. */
  readonly #raised = new Set<OutputDriver>();
  #cancelTimer: (() => void) | null = null;
  /** When the timer fires. */
  #dueMs = Number.POSITIVE_INFINITY;
  /** The level that the outputs were last told, which a stopped alarm leaves at off. */
  #on = false;
  /** The last state that the listeners were told. */
  #told: Pick<AlarmState, "phase" | "mode" | "byHand">;
  /** The last mode that was not "off". */
  #armedMode: ArmMode;
  #frameId: number | null = null;
  #reactionMs: number | null = null;
  #stopped = false;

  /** @param localTime what the schedule goes by: the clock on the wall, which may be set back */
  constructor(
    settings: AlarmSettings,
    outputs: readonly OutputDriver[],
    clock: Clock,
    localTime: () => Date = () => new Date(),
  ) {
    super();
    this.#policy = new AlarmPolicy(settings);
    this.#outputs = outputs;
    this.#clock = clock;
    this.#localTime = localTime;
    this.#hasSchedule = hasSchedule(settings);
    this.#told = this.#policy.state;
    this.#armedMode = this.#told.mode === "off" ? "away" : this.#told.mode;
    for (const output of outputs) output.on("failure", (error) => this.emit("outputError", error));
    this.#switch();
  }

  /** Whether what the camera sees can set it off, or will be able to when the exit delay is over. */
  get armed(): boolean {
    return this.#policy.state.mode !== "off";
  }

  /**
   * Decides by other settings from now on, see `AlarmPolicy.apply`.
   * @throws RangeError as `AlarmPolicy` does
   */
  apply(settings: AlarmSettings): void {
    this.#policy.apply(settings);
    this.#hasSchedule = hasSchedule(settings);
    this.refresh();
  }

  /** Brings the outputs in line at once, with the time and with what they follow where that was changed. */
  refresh(): void {
    this.#command(() => {});
  }

  /** Takes the tracks of one frame. */
  update(frame: TrackedFrame): void {
    if (this.#stopped) return;
    // Its end, before what may be the beginning of another.
    if (this.#policy.tick(this.#clock.now(), this.#localTime()).active !== this.#on) this.#apply();
    const { active, byHand } = this.#policy.update(frame, this.#clock.now());
    const isNew = active && byHand === null && this.#frameId === null;
    if (isNew) this.#frameId = frame.frameId;
    this.#apply(isNew ? frame.capturedAtMs : undefined);
    this.#schedule();
  }

  /**
   * Arms or disarms by hand, until the schedule asks for another mode. Disarming ends an alarm.
   * @param mode without one, that in which it was armed last
   */
  arm(mode: ArmMode = this.#armedMode): void {
    this.#command((nowMs) => this.#policy.arm(mode, nowMs));
  }

  /** Ends an alarm, and nothing that the camera sees sets it off any more; a panic button still does. */
  disarm(): void {
    this.arm("off");
  }

  /** Sets the alarm off, armed or not, for as long as a sighting would. @param reason for the page and the log */
  panic(reason: string): void {
    this.#command((nowMs) => this.#policy.panic(reason, nowMs));
  }

  /** Somebody has seen the alarm: it goes off, and the objects that raised it raise none while they are followed. */
  acknowledge(): void {
    this.#command((nowMs) => this.#policy.acknowledge(nowMs));
  }

  /** Switches the alarm on for a moment, armed or not, to try the outputs. */
  test(): void {
    this.#command((nowMs) => this.#policy.test(nowMs));
  }

  report(): AlarmReport {
    const { phase, mode, byHand, reason, alarms, sinceMs, untilMs } = this.#policy.state;
    const now = this.#clock.now();
    return {
      phase,
      mode,
      active: this.#on,
      byHand,
      frameId: this.#frameId,
      reason: this.#stopped ? null : reason,
      alarms,
      verdicts: this.#policy.verdicts,
      activeForMs: this.#on ? Math.round(now - sinceMs) : null,
      offInMs: this.#on && untilMs !== null ? Math.max(0, Math.round(untilMs - now)) : null,
      reactionMs: this.#reactionMs,
    };
  }

  outputReports(): OutputReport[] {
    return this.#outputs.map((output) => output.report());
  }

  /** Switches every output off for good. Idempotent; called again, it tries those again that failed. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#on = false;
    this.#frameId = null;
    this.#reactionMs = null;
    for (const output of this.#outputs) output.stop();
  }

  /**
   * Brings the outputs in line with the decision, also those that could not be switched before, and tells the
   * listeners when the decision is a new one.
   * @param capturedAtMs of the frame that switched the alarm on
   */
  #apply(capturedAtMs?: number): void {
    const { active, byHand, mode } = this.#policy.state;
    const switched = active !== this.#on;
    this.#on = active;
    if (mode !== "off") this.#armedMode = mode;
    this.#switch();
    if (!active || byHand !== null) this.#frameId = null;
    if (capturedAtMs !== undefined) this.#reactionMs = this.#clock.now() - capturedAtMs;
    else if (switched || byHand !== null) this.#reactionMs = null;
    this.#tell();
  }

  #switch(): void {
    const { state } = this.#policy;
    if (!state.active) this.#raised.clear();
    for (const output of this.#outputs) {
      const isOn = isBoundOn(output.binding, state);
      // An object that looks like another class now, or has left the zone, does not silence what it set off.
      if (isOn && state.active && state.byHand === null && output.binding.when === "alarm") {
        this.#raised.add(output);
      }
      output.want(isOn || this.#raised.has(output));
    }
  }

  #tell(): void {
    const { phase, mode, byHand } = this.#policy.state;
    if (phase === this.#told.phase && mode === this.#told.mode && byHand === this.#told.byHand) return;
    this.#told = { phase, mode, byHand };
    this.emit("change", this.report());
  }

  #command(command: (nowMs: number) => void): void {
    if (this.#stopped) return;
    this.#policy.tick(this.#clock.now(), this.#localTime());
    command(this.#clock.now());
    this.#apply();
    this.#schedule();
  }

  /** One timer at a time: when it fires early because the hold was extended, it is set again. */
  #schedule(): void {
    const nowMs = this.#clock.now();
    const { untilMs } = this.#policy.state;
    const dueMs = Math.min(
      untilMs ?? Number.POSITIVE_INFINITY,
      this.#hasSchedule ? nowMs + scheduleMs : Number.POSITIVE_INFINITY,
    );
    if (dueMs >= this.#dueMs) return;
    this.#cancelTimer?.();
    this.#dueMs = dueMs;
    this.#cancelTimer = this.#clock.after(Math.max(1, Math.ceil(dueMs - nowMs)), () => {
      this.#cancelTimer = null;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#policy.tick(this.#clock.now(), this.#localTime());
      this.#apply();
      this.#schedule();
    });
  }
}

function hasSchedule({ schedule = [] }: AlarmSettings): boolean {
  return schedule.length > 0;
}
