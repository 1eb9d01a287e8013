import type { Logger } from "pino";
import type { Alarm } from "./alarm/alarm.ts";
import { alarmSettingsOf } from "./alarm/from-config.ts";
import type { OpenedOutputs } from "./alarm/open-outputs.ts";
import type { SettingsProblem } from "./config/key-path.ts";
import { isWithin, keyInWords } from "./config/key-path.ts";
import type { Config } from "./config/schema.ts";
import type { SettingsPart } from "./config/settings-store.ts";
import type { DetectorInfo } from "./detect/detector.ts";
import { recorderSettingsOf } from "./events/from-config.ts";
import type { Recorder } from "./events/recorder.ts";
import type { Notifier } from "./notify/notifier.ts";

/** The section `alarm`, all of it: classes, thresholds, zones, schedule, timing. */
export function alarmPart(alarm: Alarm, info: DetectorInfo): SettingsPart {
  return {
    takes: (changes) => changes.filter(({ path }) => isWithin(path, ["alarm"])),
    problems: (config) => unknownClasses(config.alarm, info),
    apply: (config) => alarm.apply(alarmSettingsOf(config.alarm, info.confirmScores)),
  };
}

/** What is an event and how long its clip is; with the zones and sizes of `alarm`, which `alarmPart` has taken. */
export function recorderPart(recorder: Recorder, info: DetectorInfo): SettingsPart {
  return {
    takes: (changes) =>
      changes.filter(({ path }) => path[0] === "alarm" || (path[0] === "events" && liveEvents.has(path[1]))),
    apply: (config) =>
      recorder.apply(recorderSettingsOf(config.events), alarmSettingsOf(config.alarm, info.confirmScores)),
  };
}

/** The others are what memory and disk are opened with. */
const liveEvents: ReadonlySet<string | undefined> = new Set([
  "classes",
  "minSightings",
  "whenDisarmed",
  "postRollSeconds",
  "maxClipSeconds",
  "clipFps",
] satisfies (keyof Config["events"])[]);

/** What the outputs follow and how; other pins, or more or fewer of them, are opened at the next start. */
export function outputsPart(outputs: OpenedOutputs, alarm: Alarm): SettingsPart {
  return {
    takes: (changes) => {
      const ours = changes.filter(({ path }) => isWithin(path, ["outputs"]));
      const keepsPins = ours.every(({ path: [, , key] }) => key !== undefined && !pinKeys.includes(key));
      return keepsPins ? ours : [];
    },
    apply: (config) => {
      outputs.apply(config.outputs);
      alarm.refresh();
    },
  };
}

const pinKeys: readonly string[] = ["gpio", "activeLow"] satisfies (keyof Config["outputs"][number])[];

/** Who is told, and how. */
export function notifierPart(notifier: Notifier): SettingsPart {
  return {
    takes: (changes) => changes.filter(({ path: [section] }) => section === "mqtt" || section === "webhooks"),
    apply: (config) => notifier.apply(config),
  };
}

/** How much is logged. */
export function logPart(log: Logger): SettingsPart {
  return {
    takes: (changes) => changes.filter(({ path }) => isWithin(path, ["log", "level"])),
    apply: (config) => {
      log.level = config.log.level;
    },
  };
}

/** Where the section `alarm` names a class that the model does not know. */
export function unknownClasses(
  { classes, homeClasses, thresholds }: Config["alarm"],
  { classes: known, modelName }: DetectorInfo,
): SettingsProblem[] {
  const named = {
    classes,
    homeClasses: homeClasses ?? [],
    thresholds: Object.keys(thresholds),
  };
  return Object.entries(named).flatMap(([key, labels]) => {
    const path = ["alarm", key];
    const unknown = labels.find((label) => !known.includes(label));
    if (unknown === undefined) return [];
    const message = `${keyInWords(path)}: "${unknown}" is no class of ${modelName}; it knows ${known.join(", ")}`;
    return [{ path, message }];
  });
}
