import type { Config } from "../config/schema.ts";
import type { KeepLimits } from "./keeper.ts";
import type { RecorderSettings } from "./recorder.ts";

const bytesOfMB = 1e6;
const msOfDay = 86_400_000;

/** The recorder's settings from those of the file: durations in milliseconds, sizes in bytes. */
export function recorderSettingsOf(events: Config["events"]): RecorderSettings {
  return {
    classes: events.classes,
    minSightings: events.minSightings,
    whenDisarmed: events.whenDisarmed,
    preRollMs: events.preRollSeconds * 1000,
    postRollMs: events.postRollSeconds * 1000,
    maxClipMs: events.maxClipSeconds * 1000,
    clipFps: events.clipFps,
    memoryBytes: events.memoryMB * bytesOfMB,
  };
}

/** What may be kept, from the settings of the file. */
export function keepLimitsOf({ maxMB, maxDays, minFreeMB }: Config["events"]): KeepLimits {
  return { maxBytes: maxMB * bytesOfMB, maxAgeMs: maxDays * msOfDay, minFreeBytes: minFreeMB * bytesOfMB };
}
