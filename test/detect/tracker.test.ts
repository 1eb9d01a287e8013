import { describe, expect, test } from "vitest";
import type { Box, Detection } from "../../src/detect/detection.ts";
import type { Track } from "../../src/detect/track.ts";
import { Tracker } from "../../src/detect/tracker.ts";
import { randomFrom } from "../../src/random.ts";
import { detection, frameDetections } from "../helpers/frame-detections.ts";

const periodMs = 200;

/** Plays frames, one each period, to a new tracker; returns the tracks of each. */
function follow(frames: (Detection[] | { sure: Detection[]; weak: Detection[] })[]): (readonly Track[])[] {
  const tracker = new Tracker();
  return frames.map((frame, i) => {
    const { sure, weak } = Array.isArray(frame) ? { sure: frame, weak: [] } : frame;
    return tracker.update(frameDetections(i + 1, sure, { capturedAtMs: i * periodMs, weak })).tracks;
  });
}

const nothing: Detection[] = [];
const at = (x: number, y: number, side = 30): Box => [x, y, side, side];
const ids = (tracks: readonly Track[]) => tracks.map(({ id }) => id);

describe("an id", () => {
  test("stays with an object that moves, however fast, at a steady pace", () => {
    const frames = Array.from({ length: 12 }, (_, i) => [detection("person", 0.8, at(10 + 20 * i, 40))]);
    const seen = follow(frames);
    expect(seen.map(ids)).toEqual(frames.map(() => [1]));
    expect(seen.at(-1)![0]!.velocity[0]).toBeCloseTo(100, -1);
  });

  test("stays with a small weapon that moves by more than its own length", () => {
    const frames = Array.from({ length: 10 }, (_, i) => [detection("handgun", 0.4, at(20 + 14 * i, 50, 12))]);
    expect(follow(frames).map(ids)).toEqual(frames.map(() => [1]));
  });

  test("stays when the object is not seen for a while, and is found where it moved to", () => {
    const walk = (i: number) => detection("person", 0.8, at(10 + 15 * i, 40));
    const frames = Array.from({ length: 12 }, (_, i) => (i >= 5 && i < 8 ? nothing : [walk(i)]));
    const seen = follow(frames);
    expect(seen.map(ids)).toEqual(frames.map(() => [1]));
    expect(seen[6]![0]).toMatchObject({ seen: null, sightings: 5 });
    expect(Math.abs(seen[7]![0]!.box[0] - (10 + 15 * 7))).toBeLessThan(15);
  });

  test("is given up after ten frames unseen, and never given again", () => {
    const frames = [
      [detection("dog", 0.8)],
      ...Array.from({ length: 11 }, () => nothing),
      [detection("dog", 0.8)],
    ];
    const seen = follow(frames);
    expect(ids(seen[10]!)).toEqual([1]);
    expect(ids(seen[11]!)).toEqual([]);
    expect(ids(seen[12]!)).toEqual([2]);
  });

  test("is given up when the camera was away for longer than five seconds", () => {
    const tracker = new Tracker();
    tracker.update(frameDetections(1, [detection("dog", 0.8)], { capturedAtMs: 0 }));
    const { tracks } = tracker.update(frameDetections(2, [detection("dog", 0.8)], { capturedAtMs: 5001 }));
    expect(ids(tracks)).toEqual([2]);
  });

  test("is not exchanged by two that pass each other", () => {
    const frames = Array.from({ length: 21 }, (_, i) => [
      detection("person", 0.8, at(10 + 12 * i, 40)),
      detection("person", 0.7, at(250 - 12 * i, 52)),
    ]);
    const last = follow(frames).at(-1)!;
    expect(last.map(({ id, box }) => [id, Math.round(box[0] / 10)])).toEqual([
      [1, 25],
      [2, 1],
    ]);
  });
});

describe("weak detections", () => {
  const sure = { sure: [detection("knife", 0.6)], weak: [] };
  const weak = { sure: [], weak: [detection("knife", 0.2)] };

  test("keep an object in sight", () => {
    const seen = follow([sure, ...Array.from({ length: 15 }, () => weak)]);
    expect(seen.at(-1)).toMatchObject([{ id: 1, sightings: 16, weak: true, seen: { score: 0.2 } }]);
  });

  test("start none, and bring none back that was out of sight", () => {
    expect(follow([weak, weak]).flat()).toEqual([]);
    expect(follow([sure, { sure: [], weak: [] }, weak]).at(-1)).toMatchObject([{ id: 1, seen: null }]);
  });

  test("leave a sure detection to the object that is nearest to it", () => {
    const frame = { sure: [detection("knife", 0.5)], weak: [detection("knife", 0.2, [12, 12, 40, 80])] };
    expect(follow([sure, frame]).at(-1)).toMatchObject([{ id: 1, weak: false, seen: { score: 0.5 } }]);
  });
});

describe("classes", () => {
  test("are kept apart, but that a weapon may be taken for another kind of weapon", () => {
    const seen = follow([
      [detection("dog", 0.8), detection("handgun", 0.4)],
      [detection("cat", 0.8), detection("rifle", 0.7)],
    ]);
    expect(seen[1]!.map(({ id, label, seen }) => [id, label, seen?.label ?? null])).toEqual([
      [1, "dog", null],
      [2, "rifle", "rifle"],
      [3, "cat", "cat"],
    ]);
  });

  test("make one object of a weapon that is seen by two names at once", () => {
    const seen = follow([[detection("rifle", 0.7, at(10, 10)), detection("handgun", 0.6, at(12, 11))]]);
    expect(seen[0]).toMatchObject([{ id: 1, label: "rifle" }]);
  });
});

describe("whatever is seen", () => {
  test.each([1, 2, 3, 4, 5, 6])("ids are unique, grow, and each sighting has one track (seed %i)", (seed) => {
    const random = randomFrom(seed);
    const labels = ["person", "dog", "knife", "handgun"];
    const some = (low: number, high: number) =>
      Array.from({ length: Math.floor(random() * 12) }, () =>
        detection(labels[Math.floor(random() * labels.length)]!, low + random() * (high - low), [
          random() * 300,
          random() * 160,
          1 + random() * 60,
          1 + random() * 60,
        ]),
      ).sort((a, b) => b.score - a.score);
    const tracker = new Tracker();
    const again = new Tracker();
    let highest = 0;
    let nowMs = 0;
    for (let i = 0; i < 100; i++) {
      nowMs += random() * 500;
      const frame = frameDetections(i, some(0.5, 1), { capturedAtMs: nowMs, weak: some(0.25, 0.5) });
      const { tracks } = tracker.update(frame);
      expect(again.update(frame).tracks).toEqual(tracks);
      expect(new Set(ids(tracks)).size).toBe(tracks.length);
      const sightings = tracks.flatMap(({ seen }) => seen ?? []);
      expect(new Set(sightings).size).toBe(sightings.length);
      for (const { id, seen, weak, label, isWeapon, box } of tracks) {
        if (seen !== null) {
          expect((weak ? frame.weak : frame.detections).includes(seen)).toBe(true);
          expect(seen.isWeapon).toBe(isWeapon);
          if (!isWeapon) expect(seen.label).toBe(label);
        }
        expect(box.every(Number.isFinite)).toBe(true);
        highest = Math.max(highest, id);
      }
      const others = frame.detections.filter(({ isWeapon }) => !isWeapon);
      expect(others.every((one) => sightings.includes(one))).toBe(true);
    }
    expect(highest).toBeGreaterThan(20);
  });
});
