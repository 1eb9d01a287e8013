import type { AlarmState } from "./state.ts";

/** What an output follows. */
export interface Binding {
  /** "alarm" is on while the alarm is; "armed" and "disarmed" are lamps that show whether it can go on at all. */
  readonly when: "alarm" | "armed" | "disarmed";
  /** With "alarm": only if an object of one of these classes raised it; null for every class, and the panic button. */
  readonly classes: readonly string[] | null;
  /** With "alarm": only if that object was in one of these watched zones; null for anywhere, and the panic button. */
  readonly zones: readonly string[] | null;
}

export const followsAlarm: Binding = { when: "alarm", classes: null, zones: null };

/** Whether an output that is bound so must be on. A test tries every output that an alarm may switch. */
export function isBoundOn({ when, classes, zones }: Binding, state: AlarmState): boolean {
  switch (when) {
    case "armed":
      return state.mode !== "off";
    case "disarmed":
      return state.mode === "off";
    case "alarm": {
      const takesAll = classes === null && zones === null;
      if (!state.active || takesAll || state.byHand === "test") return state.active;
      return state.alarms.some(
        ({ label, zone }) =>
          (classes?.includes(label) ?? true) && (zones === null || (zone !== null && zones.includes(zone))),
      );
    }
  }
}
