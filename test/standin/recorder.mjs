/**
 * Stands in for a camera that sees a knife again and again, with the real alarm, recorder and store: records one event
 * after the other into the folder that it is given, and writes a line of JSON for each time that it is told of one.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Alarm } from "../../dist/alarm/alarm.js";
import { systemClock } from "../../dist/clock.js";
import { EventStore } from "../../dist/events/event-store.js";
import { Recorder } from "../../dist/events/recorder.js";

const size = { width: 320, height: 180 };
const framePeriodMs = 20;
/** Of each event: sighted for so many frames, then not, until the event is over. */
const sightedFrames = 30;
const framesOfEvent = 40;

const limits = { maxBytes: 1e9, maxAgeMs: Number.MAX_SAFE_INTEGER, minFreeBytes: 0 };
const complain = (line) => process.stderr.write(`${line}\n`);
const log = { info() {}, warn: complain, error: complain };
const store = new EventStore({ folder: process.argv[2], limits }, systemClock, log);
await store.start();
// A pipe takes a line at once, so what was written is what somebody was told.
store.on("event", (event) => process.stdout.write(`${JSON.stringify(event)}\n`));

const policy = { classes: ["knife"], k: 1, n: 1, holdMs: 50 };
const alarm = new Alarm(policy, [], systemClock);
const settings = {
  classes: [],
  minSightings: 1,
  whenDisarmed: false,
  preRollMs: 200,
  postRollMs: 50,
  maxClipMs: 60_000,
  clipFps: 50,
  memoryBytes: 8e6,
};
const recorder = new Recorder(settings, policy, alarm, store, systemClock, log);
alarm.on("change", (report) => recorder.alarmChanged(report));

const picture = { ...size, data: new Uint8Array(size.width * size.height * 1.5) };
const knife = { label: "knife", isWeapon: true, score: 0.9, box: [100, 60, 40, 40] };
process.stdout.write("ready\n");
for (let frameId = 1; ; frameId++) {
  const isSighted = frameId % framesOfEvent < sightedFrames;
  const id = Math.floor(frameId / framesOfEvent);
  const track = { ...knife, id, velocity: [0, 0], sightings: 1, seen: knife, weak: false };
  const frame = {
    frameId,
    ...size,
    capturedAtMs: systemClock.now(),
    latencyMs: 1,
    timings: { letterboxMs: 0, networkMs: 1, decodeMs: 0 },
    detections: isSighted ? [knife] : [],
    weak: [],
    tracks: isSighted ? [track] : [],
  };
  picture.data.fill(frameId % 256);
  alarm.update(frame);
  recorder.frame(frame, picture, null);
  await sleep(framePeriodMs);
}
