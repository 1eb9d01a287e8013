import { Alarm } from "../../src/alarm/alarm.ts";
import type { AlarmSettings } from "../../src/alarm/settings.ts";
import type { Picture } from "../../src/camera/frame.ts";
import type { Clock } from "../../src/clock.ts";
import type { EventSummary } from "../../src/events/event.ts";
import type { EventStore } from "../../src/events/event-store.ts";
import { Recorder, type RecorderSettings } from "../../src/events/recorder.ts";
import { type Sighted, trackedFrame } from "./tracked-frame.ts";

export const shortEvents: RecorderSettings = {
  classes: ["person"],
  minSightings: 1,
  whenDisarmed: false,
  preRollMs: 1000,
  postRollMs: 1000,
  maxClipMs: 60_000,
  clipFps: 10,
  memoryBytes: 8e6,
};

/** A gray picture of 320 × 180. */
export const grayPicture: Picture = {
  width: 320,
  height: 180,
  data: new Uint8Array(320 * 180 * 1.5).fill(128),
};

/** Alarm and recorder as the program wires them; the detector's part is played by `see`. */
export class RecordedCamera {
  readonly alarm: Alarm;
  readonly recorder: Recorder;
  /** As they were told, when they were on disk. */
  readonly told: EventSummary[] = [];
  readonly warnings: string[] = [];
  readonly #clock: Clock;
  #frameId = 0;

  constructor(
    store: EventStore,
    clock: Clock,
    settings: Partial<RecorderSettings> = {},
    alarmSettings: Partial<AlarmSettings> = {},
    wallTimeMs: () => number = Date.now,
  ) {
    const policy = { classes: ["knife"], k: 1, n: 1, holdMs: 500, testMs: 500, ...alarmSettings };
    const log = { warn: (line: string) => void this.warnings.push(line) };
    this.#clock = clock;
    this.alarm = new Alarm(policy, [], clock);
    const all = { ...shortEvents, ...settings };
    this.recorder = new Recorder(all, policy, this.alarm, store, clock, log, wallTimeMs);
    this.alarm.on("change", (report) => this.recorder.alarmChanged(report));
    store.on("event", (event) => this.told.push(event));
  }

  /** What happens when the detector is done with a frame. */
  see(objects: readonly Sighted[] = [], picture: Picture = grayPicture): void {
    const frame = { ...trackedFrame(objects, ++this.#frameId), capturedAtMs: this.#clock.now() };
    this.alarm.update(frame);
    this.recorder.frame(frame, picture, null);
  }

  async stop(): Promise<void> {
    this.alarm.stop();
    await this.recorder.stop();
  }
}
