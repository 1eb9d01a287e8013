import { join } from "node:path";
import type { Logger } from "pino";
import type { Alarm } from "../alarm/alarm.ts";
import type { AlarmSettings } from "../alarm/settings.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/schema.ts";
import { prepareDataDir } from "../data-dir.ts";
import { messageOf } from "../errors.ts";
import type { EventArchive, EventSummary, EventsReport } from "./event.ts";
import { EventStore } from "./event-store.ts";
import { keepLimitsOf, recorderSettingsOf } from "./from-config.ts";
import { Recorder } from "./recorder.ts";

export interface OpenedEvents {
  /** What was recorded, or why nothing is. */
  archive: EventArchive | string;
  recorder: Recorder | null;
  report(): EventsReport;
  /** Ends what goes on and writes it. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens the events of a data folder and what records them. Where that fails, the reason goes to the log once and the
 * camera watches without: an alarm matters more than its picture.
 */
export async function openEvents(
  settings: Config["events"],
  dataDir: string,
  alarmSettings: AlarmSettings,
  alarm: Alarm,
  parts: {
    clock: Clock;
    log: Pick<Logger, "info" | "warn" | "error">;
    /** Of the model. */
    knownClasses: readonly string[];
    /** Hears of each event that began, changed or ended, when that is on disk. */
    onEvent: (event: EventSummary) => void;
  },
): Promise<OpenedEvents> {
  if (!settings.enabled) return nothing("events are not recorded: events.enabled is false");
  const { clock, log, knownClasses, onEvent } = parts;
  const folder = join(dataDir, "events");
  const store = new EventStore({ folder, limits: keepLimitsOf(settings) }, clock, log);
  try {
    await prepareDataDir(folder);
    await store.start();
  } catch (error) {
    await store.stop();
    log.warn(`${messageOf(error)}; the alarm works without`);
    return nothing(messageOf(error));
  }
  const unknown = settings.classes.filter((label) => !knownClasses.includes(label));
  if (unknown.length > 0) {
    log.warn(
      `events.classes: the model does not know ${unknown.join(", ")}; it knows ${knownClasses.join(", ")}`,
    );
  }
  store.on("event", onEvent);
  const recorder = new Recorder(recorderSettingsOf(settings), alarmSettings, alarm, store, clock, log);
  return {
    archive: store,
    recorder,
    report: () => store.report(),
    async stop() {
      // What the store gives up when it stops lets the recorder go on.
      await Promise.all([recorder.stop(), store.stop()]);
    },
  };
}

function nothing(why: string): OpenedEvents {
  const report = { problem: why, events: 0, bytes: 0, dropped: 0 };
  return { archive: why, recorder: null, report: () => report, stop: () => Promise.resolve() };
}
