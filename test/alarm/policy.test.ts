import { describe, expect, test } from "vitest";
import { AlarmPolicy } from "../../src/alarm/policy.ts";
import type { AlarmSettings, Zone } from "../../src/alarm/settings.ts";
import type { AlarmState } from "../../src/alarm/state.ts";
import { randomFrom } from "../../src/random.ts";
import { type Sighted, trackedFrame } from "../helpers/tracked-frame.ts";

const weapons = ["handgun", "rifle", "knife"];
const settings: AlarmSettings = { classes: weapons, k: 3, n: 5, holdMs: 10_000 };
const nothing: Sighted[] = [];

function seen(label: string, score = 0.7, rest: Partial<Sighted> = {}): Sighted[] {
  return [{ label, score, ...rest }];
}

/** Shows the same for `frames` frames, one each 200 ms; returns the last state. */
function show(policy: AlarmPolicy, objects: Sighted[], frames: number, fromMs = 0): AlarmState {
  for (let i = 0; i < frames; i++) policy.update(trackedFrame(objects), fromMs + i * 200);
  return policy.state;
}

describe("k of n over a track", () => {
  test("turns on with the k-th sighting and says why", () => {
    const policy = new AlarmPolicy(settings);
    const lost = seen("rifle", 0.5).map((one) => ({ ...one, score: null }));
    expect(policy.update(trackedFrame(seen("rifle", 0.5)), 0).phase).toBe("watching");
    expect(policy.update(trackedFrame(lost), 200).active).toBe(false);
    expect(policy.update(trackedFrame(seen("rifle", 0.714)), 400).active).toBe(false);
    expect(policy.update(trackedFrame(lost), 600).active).toBe(false);
    expect(policy.update(trackedFrame(seen("rifle", 0.6)), 800)).toEqual({
      phase: "alarm",
      mode: "away",
      active: true,
      byHand: null,
      sinceMs: 800,
      untilMs: 10_800,
      alarms: [
        {
          label: "rifle",
          zone: null,
          trackId: 1,
          score: 0.714,
          reason: "rifle 0.71 in 3 of 5 frames, armed away",
        },
      ],
      reason: "rifle 0.71 in 3 of 5 frames, armed away",
    });
  });

  test("needs no full window", () => {
    const policy = new AlarmPolicy({ ...settings, k: 1, n: 5 });
    expect(show(policy, seen("knife"), 1).reason).toBe("knife 0.70 in 1 of 1 frame, armed away");
  });

  test("forgets sightings that left the window, and says how many are needed", () => {
    const policy = new AlarmPolicy(settings);
    show(policy, seen("rifle"), 2);
    show(policy, [{ label: "rifle", score: null }], 4, 400);
    expect(show(policy, seen("rifle"), 1, 1200).active).toBe(false);
    expect(policy.verdicts).toEqual([
      { trackId: 1, label: "rifle", raises: false, reason: "rifle 0.70 in 1 of 5 frames, 3 needed" },
    ]);
  });

  test("counts what one object was taken for together, and names the surest", () => {
    const policy = new AlarmPolicy({ ...settings, k: 2, n: 2 });
    show(policy, seen("handgun", 0.9), 1);
    expect(show(policy, seen("rifle", 0.4), 1, 200).reason).toBe("handgun 0.90 in 2 of 2 frames, armed away");
  });

  test("does not add up sightings of different objects", () => {
    const policy = new AlarmPolicy(settings);
    for (let id = 1; id <= 10; id++) show(policy, seen("knife", 0.7, { id }), 1, id * 200);
    expect(policy.state.active).toBe(false);
  });

  test("is indifferent to classes that are not in the settings, and to weak detections", () => {
    const policy = new AlarmPolicy({ ...settings, k: 1, n: 1 });
    expect(show(policy, [...seen("person", 0.99), ...seen("dog", 0.9, { id: 2 })], 3).active).toBe(false);
    expect(policy.verdicts).toEqual([]);
    expect(show(policy, seen("knife", 0.2, { id: 3, weak: true }), 3).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife, below the model's threshold");
  });
});

describe("confirmation", () => {
  const doubtful = { ...settings, confirmScores: { knife: 0.6, rifle: 0.5 } };

  test("needs one of the sightings to be sure, by the score of its class", () => {
    const policy = new AlarmPolicy(doubtful);
    expect(show(policy, seen("knife", 0.55), 8).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife 0.55 in 5 of 5 frames, 0.60 needed in one of them");
    expect(show(policy, seen("rifle", 0.52), 1, 2000).active).toBe(true);
  });

  test("is not asked of a class for which the model has no such score", () => {
    expect(show(new AlarmPolicy(doubtful), seen("handgun", 0.2), 3).active).toBe(true);
  });

  test("is forgotten when the sure sighting leaves the window, but ends no alarm before its hold", () => {
    const policy = new AlarmPolicy(doubtful);
    show(policy, seen("knife", 0.7), 1);
    expect(show(policy, seen("knife", 0.4), 6, 200)).toMatchObject({ active: true, untilMs: 10_800 });
  });
});

describe("a sighting counts", () => {
  test("from the threshold of its class", () => {
    const policy = new AlarmPolicy({ ...settings, thresholds: { knife: 0.75 } });
    expect(show(policy, seen("knife", 0.74), 5).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife, below 0.75");
    expect(show(policy, seen("rifle", 0.4, { id: 2 }), 3, 2000).active).toBe(true);
  });

  test("from the least size", () => {
    const policy = new AlarmPolicy({ ...settings, minSize: 0.1 });
    expect(show(policy, seen("knife", 0.7, { box: [100, 60, 31, 31] }), 5).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe(
      "knife, too small, 9.7 % of the picture's width where 10.0 % count",
    );
    expect(show(policy, seen("knife", 0.7, { box: [100, 60, 32, 32] }), 5, 2000).active).toBe(true);
  });

  const right: Zone = zone("counter", "watch", 0.5);

  test("in a watched zone, which the reason names; a weapon by its center, else by the foot", () => {
    const policy = new AlarmPolicy({ ...settings, classes: ["knife", "person"], zones: [right] });
    expect(show(policy, seen("knife", 0.7, { box: [120, 60, 40, 40] }), 5).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife, outside every watched zone");
    expect(show(policy, seen("knife", 0.7, { box: [150, 60, 40, 40] }), 3, 2000)).toMatchObject({
      reason: "knife 0.70 in 3 of 5 frames, zone counter, armed away",
      alarms: [{ zone: "counter" }],
    });
    // The zone reaches from 30 % to 70 % of the height: the head is in it, the feet are below.
    const person = new AlarmPolicy({ ...settings, classes: ["person"], zones: [right] });
    expect(show(person, seen("person", 0.9, { box: [200, 60, 40, 110] }), 5).active).toBe(false);
    expect(show(person, seen("person", 0.9, { box: [200, 20, 40, 90] }), 3, 2000).active).toBe(true);
  });

  test("never in an ignored zone, watched or not", () => {
    const policy = new AlarmPolicy({ ...settings, zones: [right, zone("screen", "ignore", 0.5)] });
    expect(show(policy, seen("knife", 0.7, { box: [200, 60, 40, 40] }), 5).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife, in zone screen, which is ignored");
  });

  test("in a zone only in the modes in which the zone matters", () => {
    const policy = new AlarmPolicy({ ...settings, mode: "home", zones: [{ ...right, modes: ["away"] }] });
    expect(show(policy, seen("knife", 0.7, { box: [0, 60, 40, 40] }), 5).reason).toMatch(/, armed home$/);
  });
});

function zone(name: string, kind: Zone["kind"], left: number): Zone {
  const points = [
    [left, 0.3],
    [1, 0.3],
    [1, 0.7],
    [left, 0.7],
  ] as const;
  return { name, kind, points, modes: ["away", "home"] };
}

describe("hold", () => {
  const quick = { ...settings, k: 1, n: 1, holdMs: 1000 };

  test("stays on for the hold after the last frame that confirmed it, then goes off", () => {
    const policy = new AlarmPolicy(quick);
    policy.update(trackedFrame(seen("rifle")), 0);
    policy.update(trackedFrame(seen("rifle")), 500);
    policy.update(trackedFrame(nothing), 1400);
    expect(policy.tick(1499)).toMatchObject({ active: true, sinceMs: 0, untilMs: 1500 });
    expect(policy.tick(1500)).toMatchObject({
      phase: "watching",
      active: false,
      untilMs: null,
      reason: null,
    });
  });

  test("a sighting after the end is a new alarm with its own beginning", () => {
    const policy = new AlarmPolicy(quick);
    policy.update(trackedFrame(seen("rifle")), 0);
    expect(policy.update(trackedFrame(seen("rifle")), 5000)).toMatchObject({ active: true, sinceMs: 5000 });
  });

  test("another object joins the alarm, the newest last", () => {
    const policy = new AlarmPolicy(quick);
    policy.update(trackedFrame(seen("rifle")), 0);
    policy.update(trackedFrame([...seen("rifle"), ...seen("knife", 0.6, { id: 2 })]), 200);
    const state = policy.update(trackedFrame(seen("rifle")), 400);
    expect(state.alarms.map(({ trackId, label }) => [trackId, label])).toEqual([
      [2, "knife"],
      [1, "rifle"],
    ]);
    expect(state.sinceMs).toBe(0);
  });
});

describe("arming", () => {
  test("off, nothing raises the alarm, and what was seen then does not count later", () => {
    const policy = new AlarmPolicy({ ...settings, mode: "off" });
    expect(show(policy, seen("knife"), 5)).toMatchObject({ phase: "off", active: false });
    expect(policy.verdicts[0]!.reason).toBe("knife, not armed");
    policy.arm("away", 1000);
    expect(show(policy, seen("knife"), 2, 1000)).toMatchObject({ phase: "watching", active: false });
    expect(show(policy, seen("knife"), 1, 1400).active).toBe(true);
  });

  test("by hand leaves time to leave", () => {
    const policy = new AlarmPolicy({ ...settings, mode: "off", exitDelayMs: 30_000 });
    expect(policy.arm("away", 0)).toMatchObject({ phase: "arming", mode: "away", untilMs: 30_000 });
    expect(show(policy, seen("knife"), 5, 28_900).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife, exit delay, 1 s left");
    expect(show(policy, seen("knife"), 3, 30_000).active).toBe(true);
  });

  test("for home watches other classes", () => {
    const policy = new AlarmPolicy({ ...settings, classes: ["person", "knife"], homeClasses: ["knife"] });
    policy.arm("home", 0);
    expect(show(policy, seen("person"), 5).active).toBe(false);
    policy.arm("away", 1000);
    expect(show(policy, seen("person"), 3, 1000).active).toBe(true);
  });

  test("off ends an alarm at once", () => {
    const policy = new AlarmPolicy(settings);
    show(policy, seen("knife"), 3);
    expect(policy.arm("off", 500)).toMatchObject({ phase: "off", active: false, alarms: [] });
  });
});

describe("entry delay", () => {
  const entry = { ...settings, classes: ["person", "knife"], entryDelayMs: 5000 };

  test("gives whoever comes home time to disarm", () => {
    const policy = new AlarmPolicy(entry);
    expect(show(policy, seen("person"), 3)).toMatchObject({
      phase: "pending",
      active: false,
      untilMs: 5400,
      reason: "person 0.70 in 3 of 3 frames, armed away",
    });
    expect(policy.arm("off", 3000).phase).toBe("off");
    expect(policy.tick(6000).active).toBe(false);
  });

  test("ends in an alarm, seen or not", () => {
    const policy = new AlarmPolicy(entry);
    show(policy, seen("person"), 3);
    expect(policy.tick(5399).phase).toBe("pending");
    expect(policy.tick(5400)).toMatchObject({ phase: "alarm", sinceMs: 5400, alarms: [{ label: "person" }] });
  });

  test("does not hold back a weapon", () => {
    const policy = new AlarmPolicy(entry);
    show(policy, seen("person"), 3);
    expect(show(policy, seen("knife", 0.7, { id: 2 }), 3, 600)).toMatchObject({
      phase: "alarm",
      sinceMs: 1000,
    });
  });
});

describe("acknowledge", () => {
  test("ends the alarm; its object raises none while it is followed, another does", () => {
    const policy = new AlarmPolicy(settings);
    show(policy, seen("knife"), 3);
    expect(policy.acknowledge(500)).toMatchObject({ phase: "watching", active: false });
    expect(show(policy, seen("knife"), 20, 600).active).toBe(false);
    expect(policy.verdicts[0]!.reason).toBe("knife 0.70 in 5 of 5 frames, acknowledged");
    expect(show(policy, [...seen("knife"), ...seen("rifle", 0.8, { id: 2 })], 3, 5000).alarms).toMatchObject([
      { trackId: 2 },
    ]);
  });

  test("changes nothing where there is no alarm", () => {
    const policy = new AlarmPolicy(settings);
    const before = policy.state;
    expect(policy.acknowledge(100)).toEqual(before);
  });
});

test("cooldown lets no alarm begin, and lets one begin at its end that is still due", () => {
  const policy = new AlarmPolicy({ ...settings, holdMs: 1000, cooldownMs: 5000 });
  show(policy, seen("knife"), 3);
  show(policy, nothing, 10, 600);
  expect(policy.state).toMatchObject({ phase: "cooldown", untilMs: 6400 });
  expect(show(policy, seen("knife", 0.7, { id: 2 }), 10, 2400).active).toBe(false);
  expect(policy.verdicts[0]!.reason).toBe("knife 0.70 in 5 of 5 frames, cooldown, 3 s left");
  expect(show(policy, seen("knife", 0.7, { id: 2 }), 1, 6400)).toMatchObject({ active: true, sinceMs: 6400 });
});

describe("test alarm", () => {
  test("is on for its time, armed or not, and leaves everything as it was", () => {
    const policy = new AlarmPolicy({ ...settings, mode: "off", testMs: 3000 });
    expect(policy.test(0)).toMatchObject({
      phase: "alarm",
      active: true,
      byHand: "test",
      reason: "test alarm",
    });
    expect(policy.tick(2999).active).toBe(true);
    expect(policy.tick(3000)).toMatchObject({ phase: "off", active: false, byHand: null });
  });

  test("gives way to a real alarm", () => {
    const policy = new AlarmPolicy({ ...settings, testMs: 60_000 });
    policy.test(0);
    expect(show(policy, seen("knife"), 3)).toMatchObject({ byHand: null, sinceMs: 400, alarms: [{}] });
  });
});

describe("schedule", () => {
  const nights: AlarmSettings = {
    ...settings,
    mode: "off",
    schedule: [
      { days: ["fri"], from: "22:00", to: "06:00", mode: "home" },
      { days: ["mon", "tue"], from: "08:00", to: "17:30", mode: "away" },
    ],
  };
  const friday = (hours: number, minutes = 0) => new Date(2026, 10, 27, hours, minutes);

  test.each([
    [friday(21, 59), "off"],
    [friday(22), "home"],
    [friday(24 + 5, 59), "home"],
    [friday(24 + 6), "off"],
    [friday(24 + 22), "off"],
    [friday(3 * 24 + 8), "away"],
    [friday(3 * 24 + 17, 30), "off"],
  ])("%s is %s", (time, mode) => {
    expect(new AlarmPolicy(nights).tick(0, time).mode).toBe(mode);
  });

  test("a mode that was set by hand holds until the schedule asks for another", () => {
    const policy = new AlarmPolicy(nights);
    policy.tick(0, friday(22));
    policy.arm("off", 1);
    expect(policy.tick(2, friday(23)).mode).toBe("off");
    policy.tick(3, friday(24 + 7));
    expect(policy.tick(4, friday(3 * 24 + 9)).mode).toBe("away");
  });

  test("does not end an alarm; the mode changes after it", () => {
    const policy = new AlarmPolicy({ ...nights, mode: "away", holdMs: 1000 });
    policy.tick(0, friday(20));
    show(policy, seen("knife"), 3);
    expect(policy.tick(500, friday(22))).toMatchObject({ active: true, mode: "away" });
    expect(policy.tick(1400, friday(22))).toMatchObject({ active: false, mode: "home" });
  });
});

describe("whatever happens", () => {
  const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

  test.each(seeds)("k of n and hold agree with the plain definition (seed %i)", (seed) => {
    const random = randomFrom(seed);
    const n = 1 + Math.floor(random() * 8);
    const k = 1 + Math.floor(random() * n);
    const holdMs = Math.floor(random() * 2000);
    const policy = new AlarmPolicy({ classes: weapons, k, n, holdMs });
    const history: boolean[] = [];
    let lastConfirmedMs = -Infinity;
    let nowMs = 0;
    let previous = policy.state;
    for (let frame = 0; frame < 500; frame++) {
      nowMs += Math.floor(random() * 600);
      const hit = random() < 0.4;
      history.push(hit);
      const object = hit ? seen(weapons[frame % 3]!, random()) : [{ label: "knife", score: null }];
      const state = policy.update(trackedFrame(object), nowMs);
      if (history.slice(-n).filter(Boolean).length >= k) lastConfirmedMs = nowMs;

      expect(state.active).toBe(lastConfirmedMs === nowMs || nowMs < lastConfirmedMs + holdMs);
      if (state.active) {
        expect(state.untilMs).toBe(lastConfirmedMs + holdMs);
        expect(state.sinceMs).toBeLessThanOrEqual(nowMs);
        expect(state.reason).toMatch(/^(handgun|rifle|knife) [01]\.\d\d in \d of \d frames?, armed away$/);
      }
      if (previous.active && state.active && nowMs < previous.untilMs!) {
        expect(state.sinceMs).toBe(previous.sinceMs);
      }
      previous = state;
    }
  });

  test.each(seeds)("no call leads to a state that contradicts itself (seed %i)", (seed) => {
    const random = randomFrom(100 + seed);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
    const some: AlarmSettings = {
      classes: ["person", ...weapons],
      k: 1 + Math.floor(random() * 3),
      n: 3,
      holdMs: pick([0, 500, 3000]),
      thresholds: random() < 0.5 ? { knife: 0.5 } : {},
      homeClasses: pick([null, ["knife"]]),
      confirmScores: pick([{}, { knife: 0.6, person: 0.9 }]),
      minSize: pick([0, 0.1]),
      zones: pick([[], [zone("left", "ignore", 0.5)], [zone("right", "watch", 0.2)]]),
      mode: pick(["away", "home", "off"]),
      entryDelayMs: pick([0, 1000]),
      exitDelayMs: pick([0, 1000]),
      cooldownMs: pick([0, 1000]),
      testMs: pick([0, 1000]),
    };
    const policy = new AlarmPolicy(some);
    const twin = new AlarmPolicy(some);
    let nowMs = 0;
    for (let i = 0; i < 400; i++) {
      nowMs += Math.floor(random() * 500);
      const objects = Array.from({ length: Math.floor(random() * 4) }, (_, id) => ({
        id: id + Math.floor(i / 20),
        label: pick(["person", "dog", ...weapons]),
        score: pick([null, random()]),
        box: [random() * 280, random() * 140, 10 + random() * 30, 10 + random() * 30] as const,
        weak: random() < 0.2,
      })).map((object) => ({ ...object, box: [...object.box] as [number, number, number, number] }));
      const kind = pick([
        "arm",
        "acknowledge",
        "test",
        "panic",
        "frame",
        "frame",
        "frame",
        "frame",
        "frame",
        "tick",
      ]);
      const mode = pick(["away", "home", "off"] as const);
      const act = (on: AlarmPolicy) => {
        if (kind === "arm") return on.arm(mode, nowMs);
        if (kind === "acknowledge") return on.acknowledge(nowMs);
        if (kind === "test") return on.test(nowMs);
        if (kind === "panic") return on.panic("panic button", nowMs);
        if (kind === "tick") return on.tick(nowMs);
        return on.update(trackedFrame(objects), nowMs);
      };
      const state = act(policy);
      expect(act(twin)).toEqual(state);
      expect(policy.state).toEqual(state);

      expect(state.active).toBe(state.phase === "alarm");
      expect(state.sinceMs).toBeLessThanOrEqual(nowMs);
      if (kind === "tick" && state.untilMs !== null) expect(state.untilMs).toBeGreaterThan(nowMs);
      expect(state.phase === "off" || state.phase === "watching").toBe(state.untilMs === null);
      const about = state.phase === "pending" || (state.active && state.byHand === null);
      expect(state.alarms.length > 0).toBe(about);
      expect(state.reason !== null).toBe(about || state.byHand !== null);
      if (about) expect(state.reason).toBe(state.alarms.at(-1)!.reason);
      if (about) expect(state.mode).not.toBe("off");
      if (state.phase === "off") expect(state.mode).toBe("off");
      for (const { raises, reason } of policy.verdicts) {
        expect(reason).toMatch(/^(person|dog|handgun|rifle|knife)( [01]\.\d\d in \d of \d frames?)?, /);
        if (raises) expect(reason).toMatch(/armed (away|home)$/);
      }
      expect(new Set(state.alarms.map(({ trackId }) => trackId)).size).toBe(state.alarms.length);
    }
  });
});

test.each([{ k: 0 }, { k: 6 }, { k: 1.5 }, { n: Number.NaN }, { holdMs: -1 }, { cooldownMs: Number.NaN }])(
  "refuses settings that make no sense: %o",
  (wrong) => {
    expect(() => new AlarmPolicy({ ...settings, ...wrong })).toThrow(RangeError);
  },
);
