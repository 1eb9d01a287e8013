import { describe, expect, test } from "vitest";
import { AlarmPolicy, type AlarmSettings } from "../../src/alarm/policy.ts";
import type { Detection } from "../../src/detect/detection.ts";
import { randomFrom } from "../helpers/random.ts";

const weapons = ["handgun", "rifle", "knife"];
const settings: AlarmSettings = { classes: weapons, k: 3, n: 5, holdMs: 10_000 };

function seen(label: string, score = 0.7): Detection[] {
  return [{ isWeapon: true, label, score, box: [0, 0, 10, 10] }];
}

describe("k of n", () => {
  test("turns on with the k-th sighting and says why", () => {
    const policy = new AlarmPolicy(settings);
    expect(policy.update(seen("rifle", 0.5), 0).active).toBe(false);
    expect(policy.update([], 200).active).toBe(false);
    expect(policy.update(seen("rifle", 0.714), 400).active).toBe(false);
    expect(policy.update([], 600).active).toBe(false);
    expect(policy.update(seen("rifle", 0.6), 800)).toEqual({
      active: true,
      sinceMs: 800,
      untilMs: 10_800,
      reason: "rifle 0.71 in 3 of 5 frames",
    });
  });

  test("needs no full window", () => {
    const policy = new AlarmPolicy({ ...settings, k: 1, n: 5 });
    expect(policy.update(seen("knife"), 0).reason).toBe("knife 0.70 in 1 of 1 frame");
  });

  test("forgets sightings that left the window", () => {
    const policy = new AlarmPolicy(settings);
    policy.update(seen("rifle"), 0);
    policy.update(seen("rifle"), 1);
    for (let i = 0; i < 4; i++) policy.update([], 2 + i);
    expect(policy.update(seen("rifle"), 6).active).toBe(false);
  });

  test("counts different weapons together and names the surest", () => {
    const policy = new AlarmPolicy({ ...settings, k: 2, n: 2 });
    policy.update([...seen("knife", 0.3), ...seen("handgun", 0.9)], 0);
    expect(policy.update(seen("rifle", 0.4), 1).reason).toBe("handgun 0.90 in 2 of 2 frames");
  });

  test("counts two weapons in one frame as one frame", () => {
    const policy = new AlarmPolicy({ ...settings, k: 2, n: 5 });
    expect(policy.update([...seen("knife"), ...seen("rifle")], 0).active).toBe(false);
  });

  test("is indifferent to classes that are not in the settings", () => {
    const policy = new AlarmPolicy({ ...settings, k: 1, n: 1 });
    expect(policy.update([...seen("person", 0.99), ...seen("dog", 0.9)], 0).active).toBe(false);
  });
});

describe("hold", () => {
  test("stays on for the hold after the last frame that fulfilled the condition, then goes off", () => {
    const policy = new AlarmPolicy({ ...settings, k: 1, n: 1, holdMs: 1000 });
    policy.update(seen("rifle"), 0);
    policy.update(seen("rifle"), 500);
    policy.update([], 1400);
    expect(policy.tick(1499)).toMatchObject({ active: true, sinceMs: 0, untilMs: 1500 });
    expect(policy.tick(1500)).toEqual({ active: false, sinceMs: null, untilMs: null, reason: null });
  });

  test("a sighting after the end is a new alarm with its own beginning", () => {
    const policy = new AlarmPolicy({ ...settings, k: 1, n: 1, holdMs: 1000 });
    policy.update(seen("rifle"), 0);
    expect(policy.update(seen("rifle"), 5000)).toMatchObject({ active: true, sinceMs: 5000 });
  });
});

describe("whatever is seen", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("agrees with the plain definition (seed %i)", (seed) => {
    const random = randomFrom(seed);
    const n = 1 + Math.floor(random() * 8);
    const k = 1 + Math.floor(random() * n);
    const holdMs = Math.floor(random() * 2000);
    const policy = new AlarmPolicy({ classes: weapons, k, n, holdMs });
    const history: boolean[] = [];
    let lastFulfilledMs = -Infinity;
    let nowMs = 0;
    let previous = policy.state;
    for (let frame = 0; frame < 500; frame++) {
      nowMs += Math.floor(random() * 600);
      const hit = random() < 0.4;
      history.push(hit);
      const state = policy.update(hit ? seen(weapons[frame % 3]!, random()) : seen("person"), nowMs);
      if (history.slice(-n).filter(Boolean).length >= k) lastFulfilledMs = nowMs;

      const fulfilledNow = lastFulfilledMs === nowMs;
      expect(state.active).toBe(fulfilledNow || nowMs < lastFulfilledMs + holdMs);
      if (state.active) {
        expect(state.untilMs).toBe(lastFulfilledMs + holdMs);
        expect(state.sinceMs).toBeLessThanOrEqual(nowMs);
        expect(state.reason).toMatch(/^(handgun|rifle|knife) [01]\.\d\d in \d of \d frames?$/);
      } else {
        expect(state).toEqual({ active: false, sinceMs: null, untilMs: null, reason: null });
      }
      if (previous.active && state.active && nowMs < previous.untilMs!) {
        expect(state.sinceMs).toBe(previous.sinceMs);
      }
      previous = state;
    }
  });
});

test.each([{ k: 0 }, { k: 6 }, { k: 1.5 }, { n: Number.NaN }, { holdMs: -1 }, { holdMs: Number.NaN }])(
  "refuses settings that make no sense: %o",
  (wrong) => {
    expect(() => new AlarmPolicy({ ...settings, ...wrong })).toThrow(RangeError);
  },
);
