import { beforeEach, expect, test } from "vitest";
import { followsAlarm, isBoundOn } from "../../src/alarm/binding.ts";
import { Debouncer } from "../../src/alarm/debouncer.ts";
import { type DriverSettings, OutputDriver } from "../../src/alarm/output-driver.ts";
import { AlarmPolicy } from "../../src/alarm/policy.ts";
import { SimulatedOutput } from "../../src/alarm/simulated-output.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { trackedFrame } from "../helpers/tracked-frame.ts";

let clock: SteeredClock;
/** When the pin changed, and to what. */
let changes: [ms: number, on: boolean][];

beforeEach(() => {
  clock = new SteeredClock();
  changes = [];
});

function driver(settings: Partial<DriverSettings> = {}): OutputDriver {
  const output = new SimulatedOutput({ gpio: 17, activeLow: false }, "in a test", ({ on }) =>
    changes.push([clock.now(), on]),
  );
  const binding = { when: "alarm", classes: null, zones: null } as const;
  return new OutputDriver(output, clock, { binding, pattern: "steady", maxOnMs: null, ...settings });
}

/** The lengths of the levels, on first. */
function lengths(): number[] {
  return changes.slice(1).map(([ms], index) => ms - changes[index]![0]);
}

test("SOS is three short, three long, three short, and a pause of seven units", () => {
  driver({ pattern: "sos" }).want(true);
  clock.advance(10_000);
  const word = [1, 1, 1, 1, 1, 3, 3, 1, 3, 1, 3, 3, 1, 1, 1, 1, 1, 7];
  expect(lengths().slice(0, word.length)).toEqual(word.map((units) => 200 * units));
  expect(changes[word.length]).toEqual([200 * 34, true]);
});

test("a pulse is half a second on and half a second off, until it is not wanted any more", () => {
  const output = driver({ pattern: "pulse" });
  output.want(true);
  clock.advance(1700);
  expect(output.report().on).toBe(true);
  output.want(false);
  clock.advance(5000);
  expect(changes).toEqual([
    [0, true],
    [500, false],
    [1000, true],
    [1500, false],
  ]);
  expect(clock.pending).toBe(0);
});

test("after its longest time it goes off, and is on again only with the next alarm", () => {
  const output = driver({ maxOnMs: 3000, pattern: "pulse" });
  output.want(true);
  clock.advance(2999);
  output.want(true);
  clock.advance(10_000);
  output.want(true);
  expect(changes.at(-1)).toEqual([2500, false]);
  expect(output.report().on).toBe(false);
  output.want(false);
  output.want(true);
  expect(output.report().on).toBe(true);
});

test("stopped in the middle of a pattern it is off for good", () => {
  const output = driver({ pattern: "sos" });
  output.want(true);
  output.stop();
  output.want(true);
  clock.advance(60_000);
  expect(changes.at(-1)?.[1]).toBe(false);
  expect(clock.pending).toBe(0);
});

test("an output bound to a class follows only alarms that such an object raised", () => {
  const policy = new AlarmPolicy({ classes: ["rifle", "knife"], k: 2, n: 3, holdMs: 1000 });
  const knives = { when: "alarm", classes: ["knife"], zones: null } as const;
  const rifle = { id: 1, label: "rifle", score: 0.9 };
  // Less sure than the rifle in the same frame, and all the same there.
  const knife = { id: 2, label: "knife", score: 0.5 };
  policy.update(trackedFrame([rifle]), 0);
  expect(isBoundOn(knives, policy.update(trackedFrame([rifle]), 100))).toBe(false);
  policy.update(trackedFrame([rifle, knife]), 200);
  expect(isBoundOn(knives, policy.update(trackedFrame([rifle, knife]), 300))).toBe(true);
  expect(isBoundOn(knives, policy.arm("off", 400))).toBe(false);
  // A panic button is for every siren that is not for one class; a test is for all of them.
  const panic = policy.panic("panic button", 500);
  expect([isBoundOn(knives, panic), isBoundOn(followsAlarm, panic)]).toEqual([false, true]);
  policy.tick(1500);
  const trial = policy.test(1500);
  expect([isBoundOn(knives, trial), isBoundOn(followsAlarm, trial)]).toEqual([true, true]);
});

test("a lamp shows whether the alarm is armed", () => {
  const policy = new AlarmPolicy({ classes: ["rifle"], k: 1, n: 1, holdMs: 0 });
  const lamp = (when: "armed" | "disarmed") =>
    (["home", "off"] as const).map((mode) => isBoundOn({ ...followsAlarm, when }, policy.arm(mode, 0)));
  expect(lamp("armed")).toEqual([true, false]);
  expect(lamp("disarmed")).toEqual([false, true]);
});

test("a contact counts when it has stopped to bounce, and not at all when it ends where it was", () => {
  const heard: [number, boolean][] = [];
  const debouncer = new Debouncer(30, clock, (active) => heard.push([clock.now(), active]));
  debouncer.begin(false);
  for (const active of [true, false, true]) {
    debouncer.take(active);
    clock.advance(10);
  }
  clock.advance(100);
  debouncer.take(false);
  clock.advance(5);
  debouncer.take(true);
  clock.advance(100);
  expect(heard).toEqual([[50, true]]);
});

test("other settings begin at once, without a moment off", () => {
  const output = driver({ maxOnMs: 5000 });
  output.want(true);
  clock.advance(1000);
  output.apply({ binding: followsAlarm, pattern: "pulse", maxOnMs: 700 });
  clock.advance(5000);
  expect(changes).toEqual([
    [0, true],
    [1500, false],
  ]);
  output.want(false);
  output.apply({ binding: followsAlarm, pattern: "steady", maxOnMs: null });
  clock.advance(5000);
  expect(changes).toHaveLength(2);
  output.want(true);
  expect(changes.at(-1)).toEqual([11_000, true]);
});
