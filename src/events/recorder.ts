import type { Logger } from "pino";
import type { Alarm, AlarmReport } from "../alarm/alarm.ts";
import { type AlarmSettings, completeAlarmSettings } from "../alarm/settings.ts";
import { judge, type Sighting } from "../alarm/sighting.ts";
import type { Picture } from "../camera/frame.ts";
import type { Clock } from "../clock.ts";
import type { Track, TrackedFrame } from "../detect/track.ts";
import { messageOf } from "../errors.ts";
import { drawDetections } from "../image/draw.ts";
import { JpegEncoder } from "../image/jpeg.ts";
import { round } from "../round.ts";
import type { EventKind } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { FrameRing, type KeptFrame } from "./frame-ring.ts";
import { OpenEvent, type SeenObject } from "./open-event.ts";
import type { Recording } from "./recording.ts";
import type { StoreWrite } from "./store-messages.ts";
import { withTime } from "./timed-jpeg.ts";

/** All durations are milliseconds. */
export interface RecorderSettings {
  /** Classes of which a sighting is an event, whether it raises the alarm or not. */
  readonly classes: readonly string[];
  /** Frames in which such an object must have been seen. */
  readonly minSightings: number;
  /** Whether sightings are events also while the camera is not armed. */
  readonly whenDisarmed: boolean;
  readonly preRollMs: number;
  /** From the last sighting, and the end of the alarm, until the event ends. */
  readonly postRollMs: number;
  /** The longest clip; the event itself may go on. */
  readonly maxClipMs: number;
  readonly clipFps: number;
  /** Of the frames that are kept for clips. */
  readonly memoryBytes: number;
}

/** How often an event that goes on is looked at. */
const tickMs = 250;
/** An event whose first frame does not come is written without a still. */
const stillLimitMs = 1000;
/** What only grows, such as the paths of objects, is written so often. */
const updateEveryMs = 5000;
/** What is news, such as another class, no more often than this. */
const newsEveryMs = 500;
/** Frames never come at exactly their rate. */
const slack = 0.8;

/**
 * Decides what an event is, and sends it to the disk: its row and still at once, its clip as it goes on. Nothing here
 * waits for the disk. An alarm and sightings that lead to it are one event; a test is one of its own.
 */
export class Recorder {
  #settings: RecorderSettings;
  #alarmSettings: ReturnType<typeof completeAlarmSettings>;
  readonly #alarm: Pick<Alarm, "report">;
  readonly #store: Pick<EventStore, "write">;
  readonly #clock: Clock;
  readonly #log: Pick<Logger, "warn">;
  readonly #wallTimeMs: () => number;
  readonly #ring: FrameRing;
  readonly #clipEncoder = new JpegEncoder();
  readonly #stillEncoder = new JpegEncoder(85);
  #recordings: Recording[] = [];
  #nextKey = 1;
  #lastKeptMs = Number.NEGATIVE_INFINITY;
  #cancelTick: (() => void) | null = null;
  #isPumping = false;
  #lastComplaint = "";
  #stopped = false;

  /** @param wallTimeMs milliseconds since 1970, by a clock that may be set */
  constructor(
    settings: RecorderSettings,
    alarmSettings: AlarmSettings,
    alarm: Pick<Alarm, "report">,
    store: Pick<EventStore, "write">,
    clock: Clock,
    log: Pick<Logger, "warn">,
    wallTimeMs: () => number = Date.now,
  ) {
    this.#settings = settings;
    this.#alarmSettings = completeAlarmSettings(alarmSettings);
    this.#alarm = alarm;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#wallTimeMs = wallTimeMs;
    this.#ring = new FrameRing(settings.preRollMs, settings.memoryBytes);
  }

  /** Goes by other settings from the next frame on; the memory before events stays as large as it is. */
  apply(settings: RecorderSettings, alarmSettings: AlarmSettings): void {
    this.#settings = settings;
    this.#alarmSettings = completeAlarmSettings(alarmSettings);
  }

  /** The alarm went on or off: the event begins with it, also where no frames come. */
  alarmChanged(report: AlarmReport): void {
    if (this.#stopped || !report.active) return;
    const { byHand, reason } = report;
    const now = this.#clock.now();
    const kind = byHand === "test" ? "test" : "alarm";
    const running = this.#recordings.find(({ event, ending }) => !ending && isSame(event.kind, kind));
    const recording = running ?? this.#open(kind, reason ?? kind, now, now);
    if (running !== undefined && (running.event.kind !== kind || byHand === "panic")) {
      running.event.kind = kind;
      running.event.reason = reason ?? kind;
      running.wantsStill = true;
    }
    if (byHand !== null) recording.event.decide(null, true, reason ?? byHand, now);
    recording.hasNews = true;
  }

  /**
   * Takes a frame after everything was decided about it.
   * @param picture is not used any more when this returns
   * @param jpeg of the picture, where one is made anyway
   */
  frame(frame: TrackedFrame, picture: Picture, jpeg: Promise<Uint8Array> | null): void {
    if (this.#stopped) return;
    const atMs = frame.capturedAtMs;
    const seen = frame.tracks.flatMap((track) => seenObject(track, frame));
    const report = this.#alarm.report();
    this.#keep(picture, atMs, seen, jpeg);

    const sightings = this.#sightings(frame, report);
    const [first] = sightings;
    const isOpen = this.#recordings.some(({ event, ending }) => !ending && event.kind !== "test");
    if (!isOpen && first !== undefined) {
      this.#open("sighting", `${describe(first)}, ${armed(report)}`, this.#clock.now(), atMs);
    }
    for (const recording of this.#recordings) {
      if (recording.ending) continue;
      this.#record(recording, report, sightings, seen, atMs);
      if (recording.wantsStill && !recording.stilling) this.#makeStill(recording, frame, picture);
    }
    this.#tick();
    this.#pump();
  }

  /** Ends the events that go on. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTick?.();
    const now = this.#clock.now();
    await Promise.all(
      this.#recordings.map((recording) => {
        if (!recording.ending) recording.event.end(now);
        if (!recording.begun) this.#begin(recording, null);
        return this.#finish(recording);
      }),
    );
  }

  #keep(picture: Picture, atMs: number, seen: SeenObject[], jpeg: Promise<Uint8Array> | null): void {
    if (atMs - this.#lastKeptMs < (slack * 1000) / this.#settings.clipFps) return;
    this.#lastKeptMs = atMs;
    const wanted = this.#recordings.map(({ nextFrame }) => nextFrame);
    // One that failed was complained about where it was made.
    const made = jpeg?.catch(() => null) ?? null;
    this.#ring.add(picture, atMs, seen, made, wanted.length === 0 ? null : Math.min(...wanted));
  }

  /** Of the classes that are asked for, by the same zones and sizes that count for the alarm. */
  #sightings(frame: TrackedFrame, { mode }: AlarmReport): (Sighting & { trackId: number })[] {
    const { classes, minSightings, whenDisarmed } = this.#settings;
    if (mode === "off" && !whenDisarmed) return [];
    return frame.tracks.flatMap(({ id, label, seen, weak, sightings }) => {
      if (seen === null || sightings < minSightings || !classes.includes(label)) return [];
      const judgment = judge(seen, weak, frame, this.#alarmSettings, mode);
      return "sighting" in judgment ? [{ ...judgment.sighting, label, trackId: id }] : [];
    });
  }

  /** @param beforeMs frames of the pre-roll were captured before */
  #open(kind: EventKind, reason: string, nowMs: number, beforeMs: number): Recording {
    const event = new OpenEvent(this.#nextKey++, kind, reason, nowMs, this.#wallTimeMs());
    const nextFrame = this.#ring.firstNumber;
    for (const { seen, atMs } of this.#ring.all()) if (atMs < beforeMs) event.see(seen, atMs);
    const recording: Recording = {
      event,
      begun: false,
      wantsStill: true,
      stilling: false,
      nextFrame,
      clipOver: false,
      endFrame: Number.POSITIVE_INFINITY,
      ending: false,
      sentMs: nowMs,
      hasNews: false,
    };
    this.#recordings.push(recording);
    this.#cancelTick ??= this.#clock.after(tickMs, this.#onTick);
    return recording;
  }

  #record(
    recording: Recording,
    report: AlarmReport,
    sightings: readonly (Sighting & { trackId: number })[],
    seen: readonly SeenObject[],
    atMs: number,
  ): void {
    const { event } = recording;
    event.see(seen, atMs);
    if (event.kind === "test") {
      if (report.byHand === "test") event.lastMs = atMs;
      return;
    }
    if (report.active && report.byHand !== "test") event.lastMs = atMs;
    if (sightings.length > 0) event.lastMs = atMs;
    let isNews = false;
    for (const { label, zone, score } of [...sightings, ...(event.kind === "alarm" ? report.alarms : [])]) {
      isNews = event.note(label, zone, score) || isNews;
    }
    for (const { trackId, raises, reason } of report.verdicts) {
      isNews = event.decide(trackId, raises, reason, atMs) || isNews;
    }
    recording.hasNews ||= isNews;
  }

  #makeStill(recording: Recording, { detections }: TrackedFrame, { width, height, data }: Picture): void {
    recording.wantsStill = false;
    recording.stilling = true;
    const copy = { width, height, data: data.slice() };
    drawDetections(copy, detections);
    this.#stillEncoder
      .encode(copy)
      .catch((error: unknown) => {
        this.#complain(`a still could not be made: ${messageOf(error)}`);
        return null;
      })
      .then((jpeg) => {
        recording.stilling = false;
        if (recording.begun) this.#update(recording, jpeg);
        else this.#begin(recording, jpeg);
        this.#pump();
      });
  }

  #begin(recording: Recording, still: Uint8Array | null): void {
    recording.begun = true;
    this.#sent(recording);
    const { key } = recording.event;
    void this.#write({ type: "begin", key, facts: recording.event.facts(), still });
  }

  #update(recording: Recording, still: Uint8Array | null): void {
    // A frame's objects come with the time of its capture, a little before.
    const facts = recording.event.facts(recording.sentMs - updateEveryMs);
    this.#sent(recording);
    void this.#write({ type: "update", key: recording.event.key, facts, still });
  }

  #sent(recording: Recording): void {
    recording.hasNews = false;
    recording.sentMs = this.#clock.now();
  }

  readonly #onTick = (): void => {
    this.#cancelTick = null;
    this.#tick();
    this.#pump();
    if (this.#recordings.length > 0) this.#cancelTick = this.#clock.after(tickMs, this.#onTick);
  };

  #tick(): void {
    const now = this.#clock.now();
    for (const recording of this.#recordings) {
      const { event, begun, stilling } = recording;
      if (!begun) {
        if (!stilling && now - event.beganAtMs > stillLimitMs) this.#begin(recording, null);
        continue;
      }
      if (recording.ending) continue;
      const isOver = now - event.lastMs >= this.#settings.postRollMs && !this.#goesOn(event);
      if (isOver) {
        recording.ending = true;
        recording.endFrame = this.#ring.nextNumber;
        event.end(now);
      } else if (now - recording.sentMs >= (recording.hasNews ? newsEveryMs : updateEveryMs)) {
        this.#update(recording, null);
      }
    }
  }

  /** Whether the alarm that it is about is on, also where no frames come. */
  #goesOn({ kind }: OpenEvent): boolean {
    const { active, byHand } = this.#alarm.report();
    return active && (kind === "test" ? byHand === "test" : byHand !== "test");
  }

  /** Brings frames to the clips, one at a time and in order, and ends what is over. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#pumpAll().finally(() => {
      this.#isPumping = false;
    });
  }

  async #pumpAll(): Promise<void> {
    for (;;) {
      const recording = this.#recordings.find((one) => this.#frameFor(one) !== undefined);
      if (recording === undefined || this.#stopped) break;
      await this.#addToClip(recording, this.#frameFor(recording)!);
    }
    for (const recording of this.#recordings) {
      if (recording.ending && !this.#stopped) void this.#finish(recording);
    }
  }

  #frameFor({ begun, nextFrame, endFrame }: Recording): KeptFrame | undefined {
    const frame = begun ? this.#ring.from(nextFrame) : undefined;
    return frame !== undefined && frame.number < endFrame ? frame : undefined;
  }

  async #addToClip(recording: Recording, frame: KeptFrame): Promise<void> {
    const { event } = recording;
    recording.nextFrame = frame.number + 1;
    const sinceBeganMs = event.since(frame.atMs);
    if (sinceBeganMs > this.#settings.maxClipMs) {
      if (!recording.clipOver) void this.#write({ type: "clip", key: event.key, facts: event.facts() });
      recording.clipOver = true;
      return;
    }
    const { picture, width, height } = frame;
    if (picture !== null) {
      // The encoder has read the picture when this returns.
      const encoding = this.#clipEncoder.encode(picture).catch((error: unknown) => {
        this.#complain(`a picture of a clip could not be made: ${messageOf(error)}`);
        return null;
      });
      this.#ring.setJpeg(frame, encoding);
    }
    const jpeg = await frame.jpeg;
    if (jpeg === null) return;
    const timed = withTime(jpeg, sinceBeganMs);
    void this.#write({ type: "frame", key: event.key, jpeg: timed, sinceBeganMs, width, height });
  }

  async #finish(recording: Recording): Promise<void> {
    this.#recordings = this.#recordings.filter((other) => other !== recording);
    const { event } = recording;
    await this.#write({ type: "end", key: event.key, facts: event.facts() });
  }

  /** Settles when it is on disk; only who stops waits for that. */
  async #write(request: StoreWrite): Promise<void> {
    try {
      await this.#store.write(request);
    } catch (error) {
      this.#complain(`an event could not be written: ${messageOf(error)}`);
    }
  }

  /** Once each, however often the same fails. */
  #complain(line: string): void {
    if (line === this.#lastComplaint) return;
    this.#lastComplaint = line;
    this.#log.warn(line);
  }
}

/** Sightings become part of the alarm that they lead to. */
function isSame(kind: EventKind, other: EventKind): boolean {
  return (kind === "test") === (other === "test");
}

function seenObject(
  { id, label, seen, weak }: Track,
  { width, height }: { width: number; height: number },
): SeenObject[] {
  if (seen === null || weak) return [];
  const [x, y, w, h] = seen.box;
  const share = (value: number, whole: number) => Math.round((value / whole) * 1e4) / 1e4;
  const box = [share(x, width), share(y, height), share(w, width), share(h, height)] as const;
  return [{ trackId: id, label, score: round(seen.score, 4), box }];
}

function describe({ label, score, zone }: Sighting): string {
  return `${label} ${score.toFixed(2)}${zone === null ? "" : `, zone ${zone}`}`;
}

function armed({ mode }: AlarmReport): string {
  return mode === "off" ? "not armed" : `armed ${mode}`;
}
