import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EventDetails } from "../../src/events/event.ts";
import type { EventStore } from "../../src/events/event-store.ts";
import type { RecorderSettings } from "../../src/events/recorder.ts";
import { EventFolder, someMorning } from "../helpers/recorded.ts";
import { RecordedCamera } from "../helpers/recorded-camera.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import type { Sighted } from "../helpers/tracked-frame.ts";
import { until } from "../helpers/until.ts";

const framePeriodMs = 100;
const knife: Sighted = { id: 1, label: "knife", score: 0.8 };
const person: Sighted = { id: 2, label: "person", score: 0.6, box: [64, 45, 32, 90] };

let folder: EventFolder;
let store: EventStore;
let clock: SteeredClock;
let wallMs: number;
let camera: RecordedCamera;

beforeEach(async () => {
  folder = new EventFolder();
  store = await folder.open();
  clock = new SteeredClock();
  wallMs = someMorning;
  create();
});
afterEach(async () => {
  await camera.stop();
  await folder.remove();
});

function create(settings: Partial<RecorderSettings> = {}, alarm: { mode?: "off" | "away" } = {}): void {
  camera = new RecordedCamera(store, clock, settings, alarm, () => wallMs);
}

/** Frames of so many milliseconds, which all show the same. JPEGs are made in other threads, in real time. */
async function watch(ms: number, ...objects: Sighted[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += framePeriodMs) {
    clock.advance(framePeriodMs);
    wallMs += framePeriodMs;
    camera.see(objects);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** Watches nothing until so many events have ended. */
async function allEnded(count: number): Promise<EventDetails[]> {
  await until("they have ended", async () => {
    await watch(framePeriodMs);
    const { events } = await store.find({ limit: 200 });
    return events.length === count && events.every(({ ended }) => ended !== null);
  });
  return await Promise.all(Array.from({ length: count }, async (_, i) => (await store.get(i + 1))!));
}

describe("an alarm", () => {
  test("is an event from the frame that raised it until some time after it is off, and says why", async () => {
    await watch(2000);
    await watch(300, knife);
    const [event] = await allEnded(1);
    expect(event).toMatchObject({
      began: "2026-03-01T08:00:02.100Z",
      kind: "alarm",
      labels: ["knife"],
      reason: "knife 0.80 in 1 of 1 frame, armed away",
      bestScore: 0.8,
      still: true,
      clip: true,
    });
    expect(event!.decisions[0]).toMatchObject({ trackId: 1, raises: true });
    // Held for 500 ms after the last sighting, 1000 ms of post-roll.
    const lastedMs = Date.parse(event!.ended!) - Date.parse(event!.began);
    expect(lastedMs).toBeGreaterThanOrEqual(1600);
    expect(lastedMs).toBeLessThanOrEqual(2200);
  });

  test("has a clip that begins before it and ends after it, in order, with no frame twice", async () => {
    await watch(3000);
    await watch(300, knife);
    const [event] = await allEnded(1);
    const times = (await store.frameTimes(1))!;
    // A frame more: it was not too old when the alarm began.
    expect(times[0]).toBeGreaterThanOrEqual(-1000 - framePeriodMs);
    expect(times[0]).toBeLessThanOrEqual(-800);
    expect(times.at(-1)).toBeGreaterThanOrEqual(Date.parse(event!.ended!) - Date.parse(event!.began) - 200);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(times.length).toBeGreaterThan(20);
  });

  test("is told when it begins and when it ends, and each time is on disk", async () => {
    await watch(300, knife);
    await allEnded(1);
    expect(camera.told[0]).toMatchObject({ id: "1", ended: null, still: true, clip: false });
    expect(camera.told.at(-1)).toMatchObject({ id: "1", ended: expect.any(String), still: true, clip: true });
  });

  test("takes over the sighting that led to it", async () => {
    await watch(500, person);
    await watch(300, person, knife);
    const [event] = await allEnded(1);
    expect(event).toMatchObject({ kind: "alarm", labels: ["knife", "person"], bestScore: 0.8 });
    expect(camera.told[0]).toMatchObject({
      kind: "sighting",
      labels: ["person"],
      reason: "person 0.60, armed away",
    });
  });

  test("has the ways of all objects, as shares of the picture, the pre-roll's included", async () => {
    await watch(500, { ...person, label: "dog" });
    await watch(300, knife);
    const [event] = await allEnded(1);
    const dog = event!.tracks.find(({ label }) => label === "dog")!;
    expect(dog.path.length).toBe(5);
    expect(dog.path[0]).toEqual([-500, 0.2, 0.25, 0.1, 0.5, 0.6]);
  });

  test("is recorded without a still when no frame comes", async () => {
    camera.alarm.panic("panic button");
    clock.advance(1500);
    await until("it is told", () => camera.told.length > 0);
    expect(camera.told[0]).toMatchObject({ kind: "alarm", reason: "panic button", still: false });
  });
});

describe("a sighting", () => {
  test("of a class that is asked for is an event; of another it is none", async () => {
    await watch(500, { id: 5, label: "cat", score: 0.9 });
    await watch(500, person);
    const [event] = await allEnded(1);
    expect(event).toMatchObject({ kind: "sighting", labels: ["person"], bestScore: 0.6 });
  });

  test("counts only armed, unless it is asked for always", async () => {
    await camera.stop();
    create({}, { mode: "off" });
    await watch(500, person);
    await camera.stop();
    expect((await store.find({ limit: 9 })).events).toEqual([]);
    create({ whenDisarmed: true }, { mode: "off" });
    await watch(500, person);
    expect((await allEnded(1))[0]).toMatchObject({ reason: "person 0.60, not armed" });
  });

  test("in two spells with less than the post-roll between them is one event, with more two", async () => {
    await watch(300, person);
    await watch(700);
    await watch(300, person);
    await allEnded(1);
    await watch(300, person);
    await allEnded(2);
  });
});

test("a test alarm is an event of its own kind, also during another", async () => {
  await watch(300, person);
  camera.alarm.test();
  await watch(300, person);
  const events = await allEnded(2);
  expect(events.map(({ kind }) => kind)).toEqual(["sighting", "test"]);
  expect(events[1]).toMatchObject({ reason: "test alarm", labels: [], still: true, clip: true });
  // It has the pre-roll, although the other event had those frames before.
  expect((await store.frameTimes(2))![0]!).toBeLessThan(0);
});

test("a clock that is set back meanwhile lets no event end before it began", async () => {
  await watch(300, knife);
  wallMs -= 3_600_000;
  const [event] = await allEnded(1);
  expect(Date.parse(event!.ended!)).toBeGreaterThan(Date.parse(event!.began));
});

test("a clip ends where it may be no longer, while its event goes on", async () => {
  await camera.stop();
  create({ maxClipMs: 1000 });
  await watch(3000, person);
  await until("the clip is there", async () => (await store.get(1))?.clip === true);
  expect(await store.get(1)).toMatchObject({ ended: null });
  expect((await store.frameTimes(1))!.at(-1)!).toBeLessThanOrEqual(1000);
  await watch(300, person);
  await allEnded(1);
  expect(await store.get(1)).toMatchObject({ clip: true });
});

test("what goes on when the program stops is ended and kept", async () => {
  await watch(500, knife);
  await until("it is told", () => camera.told.length > 0);
  await camera.stop();
  expect(await store.get(1)).toMatchObject({ ended: expect.any(String), still: true, clip: true });
});
