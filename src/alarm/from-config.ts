import type { Config } from "../config/schema.ts";
import type { AlarmSettings } from "./settings.ts";

/**
 * The policy's settings from those of the file: durations in milliseconds.
 * @param confirmScores of the model; used unless the file switches that off
 */
export function alarmSettingsOf(
  alarm: Config["alarm"],
  confirmScores: Readonly<Record<string, number>>,
): AlarmSettings {
  const { confirm, holdSeconds, entryDelaySeconds, exitDelaySeconds, cooldownSeconds, testSeconds, ...same } =
    alarm;
  return {
    ...same,
    confirmScores: confirm ? confirmScores : {},
    holdMs: holdSeconds * 1000,
    entryDelayMs: entryDelaySeconds * 1000,
    exitDelayMs: exitDelaySeconds * 1000,
    cooldownMs: cooldownSeconds * 1000,
    testMs: testSeconds * 1000,
  };
}
