import type { ArmMode } from "./settings.ts";

/**
 * "off": disarmed; "arming": the exit delay runs; "watching"; "pending": something was confirmed and the entry
 * delay runs; "alarm"; "cooldown": armed, but no alarm begins so soon after the last.
 */
export type AlarmPhase = "off" | "arming" | "watching" | "pending" | "alarm" | "cooldown";

/** One object that raised the alarm. */
export interface AlarmCause {
  readonly label: string;
  readonly zone: string | null;
  readonly trackId: number;
  /** Of its best sighting. */
  readonly score: number;
  /** "knife 0.71 in 4 of 6 frames, zone counter, armed away" */
  readonly reason: string;
}

/** What was decided of one object in the last frame, and why. */
export interface Verdict {
  readonly trackId: number;
  readonly label: string;
  /** Whether it raises the alarm, or confirms it. */
  readonly raises: boolean;
  readonly reason: string;
}

/** The decision. All times are milliseconds of the clock that the caller passes in. */
export interface AlarmState {
  readonly phase: AlarmPhase;
  readonly mode: ArmMode;
  /** Whether the alarm is on: phase "alarm". */
  readonly active: boolean;
  /** Switched on by hand: to try the outputs, or by the panic button; null where the camera decided. */
  readonly byHand: "test" | "panic" | null;
  /** When this phase began. */
  readonly sinceMs: number;
  /** When it ends if nothing more happens; null where it does not end by itself. */
  readonly untilMs: number | null;
  /** What the pending or present alarm is about, in the order in which it came; else empty. */
  readonly alarms: readonly AlarmCause[];
  /** Of the newest cause; "test alarm"; the panic button's; null where there is no alarm. */
  readonly reason: string | null;
}
