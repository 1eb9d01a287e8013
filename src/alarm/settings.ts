import type { Point } from "../polygon.ts";

/** Armed for an empty house, for one with people in it, or not at all. */
export type ArmMode = "away" | "home" | "off";

/** A part of the picture. */
export interface Zone {
  readonly name: string;
  /** "watch": where there are such zones, only what is in one of them counts. "ignore": nothing in it counts. */
  readonly kind: "watch" | "ignore";
  /** Corners as shares of the picture's width and height. */
  readonly points: readonly Point[];
  /** Modes in which the zone matters. */
  readonly modes: readonly ArmMode[];
}

/** A span of the week in which a mode holds. */
export interface ScheduleEntry {
  readonly days: readonly Weekday[];
  /** "22:00". A span that does not end after it begins goes on into the next day. */
  readonly from: string;
  readonly to: string;
  readonly mode: ArmMode;
}

export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof weekdays)[number];

/** All durations are milliseconds. */
export interface AlarmSettings {
  /** Labels that count: `["handgun", "rifle", "knife"]`. */
  readonly classes: readonly string[];
  /** Those that count while armed for home; null: the same. */
  readonly homeClasses?: readonly string[] | null;
  /** For a class, the score from which a sighting counts, where the detector's own threshold is lower. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** For a class, the score that one of the sightings must reach. */
  readonly confirmScores?: Readonly<Record<string, number>>;
  /** Sightings of an object among the last `n` frames that raise the alarm. 1 … `n`. */
  readonly k: number;
  /** Length of the window in frames. */
  readonly n: number;
  /** For which the alarm stays on after the last frame that confirmed it. */
  readonly holdMs: number;
  /** √area of a box as a share of the picture's width, from which a sighting counts. */
  readonly minSize?: number;
  readonly zones?: readonly Zone[];
  /** The mode at the start, and wherever the schedule has none. */
  readonly mode?: ArmMode;
  /** The first entry that fits goes. */
  readonly schedule?: readonly ScheduleEntry[];
  /** Between the first confirmed sighting of something that is no weapon, and the alarm. */
  readonly entryDelayMs?: number;
  /** Between arming by hand and the watch. */
  readonly exitDelayMs?: number;
  /** After an alarm, in which none begins. */
  readonly cooldownMs?: number;
  readonly testMs?: number;
}

/** Settings with nothing left out. */
export type CompleteAlarmSettings = Required<AlarmSettings>;

/** @throws RangeError unless 1 ≤ k ≤ n and no duration is negative. */
export function completeAlarmSettings(settings: AlarmSettings): CompleteAlarmSettings {
  const complete: CompleteAlarmSettings = {
    homeClasses: null,
    thresholds: {},
    confirmScores: {},
    minSize: 0,
    zones: [],
    mode: "away",
    schedule: [],
    entryDelayMs: 0,
    exitDelayMs: 0,
    cooldownMs: 0,
    testMs: 5000,
    ...settings,
  };
  const { k, n } = complete;
  if (!Number.isInteger(k) || !Number.isInteger(n) || k < 1 || k > n) {
    throw new RangeError(`alarm: k of n must be whole numbers with 1 ≤ k ≤ n, got ${k} of ${n}`);
  }
  for (const name of ["holdMs", "entryDelayMs", "exitDelayMs", "cooldownMs", "testMs"] as const) {
    if (!(complete[name] >= 0))
      throw new RangeError(`alarm: ${name} must be 0 or more, got ${complete[name]}`);
  }
  return complete;
}
