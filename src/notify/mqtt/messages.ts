import type { AlarmReport } from "../../alarm/alarm.ts";
import type { ArmMode } from "../../alarm/settings.ts";

/** How the alarm stands. */
export interface AlarmMessage {
  /** Home Assistant's words for an alarm panel. */
  readonly state: "disarmed" | "arming" | "pending" | "armed_away" | "armed_home" | "triggered";
  readonly mode: ArmMode;
  /** Whether it is on. */
  readonly on: boolean;
  /** Why it is on or about to be; null while it is neither. */
  readonly reason: string | null;
}

/** How the camera does. */
export interface DiagnosticsMessage {
  /** Frames looked at a second. */
  readonly fps: number;
  /** From the camera to the decision, median, milliseconds; null before the first frame. */
  readonly latencyMs: number | null;
  /** Of the processor, degrees Celsius; null where the machine does not tell. */
  readonly temperature: number | null;
  /** Why it sees nothing; null while it does. */
  readonly problem: string | null;
}

export function alarmMessage({ active, phase, mode, reason }: AlarmReport): AlarmMessage {
  return { state: panelState(active, phase, mode), mode, on: active, reason };
}

function panelState(active: boolean, phase: AlarmReport["phase"], mode: ArmMode): AlarmMessage["state"] {
  if (active) return "triggered";
  if (phase === "arming" || phase === "pending") return phase;
  return mode === "off" ? "disarmed" : `armed_${mode}`;
}
