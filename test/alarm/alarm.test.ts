import { beforeEach, describe, expect, test } from "vitest";
import { Alarm, type AlarmReport } from "../../src/alarm/alarm.ts";
import type { AlarmOutput } from "../../src/alarm/output.ts";
import { OutputDriver } from "../../src/alarm/output-driver.ts";
import { SimulatedOutput } from "../../src/alarm/simulated-output.ts";
import { Tracker } from "../../src/detect/tracker.ts";
import { detection, frameDetections } from "../helpers/frame-detections.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";

const settings = { classes: ["rifle"], k: 2, n: 3, holdMs: 1000 };
const rifle = [detection("rifle", 0.8)];

let clock: SteeredClock;
let output: SimulatedOutput;
let alarm: Alarm;
let tracker: Tracker;
let changes: AlarmReport[];

function see(...frame: Parameters<typeof frameDetections>): void {
  alarm.update(tracker.update(frameDetections(...frame)));
}

beforeEach(() => {
  clock = new SteeredClock();
  output = new SimulatedOutput(
    { gpio: 17, activeLow: false },
    "no Raspberry Pi GPIO on this machine",
    () => {},
  );
  alarm = new Alarm(settings, [new OutputDriver(output, clock)], clock);
  tracker = new Tracker();
  changes = [];
  alarm.on("change", (report) => changes.push(report));
});

test("the output is on before update returns, and the report names the frame and the reaction time", () => {
  see(1, rifle);
  expect(output.on).toBe(false);
  clock.advance(300);
  see(2, rifle, { capturedAtMs: 200 });
  expect(output.on).toBe(true);
  expect(changes).toEqual([
    {
      phase: "alarm",
      mode: "away",
      active: true,
      byHand: null,
      frameId: 2,
      reason: "rifle 0.80 in 2 of 2 frames, armed away",
      alarms: [expect.objectContaining({ label: "rifle", trackId: 1, zone: null })],
      verdicts: [expect.objectContaining({ trackId: 1, raises: true })],
      activeForMs: 0,
      offInMs: 1000,
      reactionMs: 100,
    },
  ]);
});

test("the output is switched before listeners hear of it", () => {
  let onWhenTold = false;
  alarm.on("change", () => {
    onWhenTold = output.on;
  });
  see(1, rifle);
  see(2, rifle);
  expect(onWhenTold).toBe(true);
});

test("the hold ends without another frame", () => {
  see(1, rifle);
  see(2, rifle);
  clock.advance(999);
  expect(output.on).toBe(true);
  clock.advance(1);
  expect(output.on).toBe(false);
  expect(changes.map(({ active }) => active)).toEqual([true, false]);
  expect(alarm.report()).toMatchObject({
    phase: "watching",
    active: false,
    frameId: null,
    reason: null,
    alarms: [],
    activeForMs: null,
    offInMs: null,
    reactionMs: null,
  });
  expect(clock.pending).toBe(0);
});

test("further sightings extend one alarm instead of starting another", () => {
  for (let frame = 1; frame <= 20; frame++) {
    see(frame, rifle);
    clock.advance(200);
  }
  expect(changes).toHaveLength(1);
  expect(alarm.report()).toMatchObject({ active: true, activeForMs: 3800, offInMs: 800 });
  expect(clock.pending).toBe(1);
  clock.advance(800);
  expect(changes).toHaveLength(2);
});

test("stop switches off, leaves no timer and takes no more detections", () => {
  see(1, rifle);
  see(2, rifle);
  alarm.stop();
  alarm.stop();
  expect(output.on).toBe(false);
  expect(clock.pending).toBe(0);
  see(3, rifle);
  expect(output.on).toBe(false);
  expect(alarm.report().active).toBe(false);
});

describe("by hand", () => {
  test("a test alarm switches the outputs for its time, and gives way to a real one", () => {
    alarm.test();
    expect(output.on).toBe(true);
    expect(changes).toMatchObject([{ active: true, reason: "test alarm", frameId: null, reactionMs: null }]);
    see(1, rifle);
    see(2, rifle, { capturedAtMs: -50 });
    expect(changes).toHaveLength(2);
    expect(changes[1]).toMatchObject({ active: true, frameId: 2, reactionMs: 50 });
    clock.advance(1000);
    expect(output.on).toBe(true);
    clock.advance(4000);
    expect(output.on).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("acknowledging and disarming switch off at once", () => {
    see(1, rifle);
    see(2, rifle);
    alarm.acknowledge();
    expect(output.on).toBe(false);
    see(3, rifle);
    expect(output.on).toBe(false);
    alarm.test();
    alarm.arm("off");
    expect(output.on).toBe(false);
    expect(changes.at(-1)).toMatchObject({ phase: "off", mode: "off", active: false });
  });
});

test("the panic button switches on although nobody is armed, for the hold, and no test shortens it", () => {
  alarm.disarm();
  alarm.panic("panic button (GPIO 5)");
  alarm.test();
  expect(output.on).toBe(true);
  expect(alarm.report()).toMatchObject({ active: true, mode: "off", reason: "panic button (GPIO 5)" });
  clock.advance(999);
  expect(output.on).toBe(true);
  clock.advance(1);
  expect(output.on).toBe(false);
  alarm.arm();
  alarm.panic("panic button (GPIO 5)");
  alarm.disarm();
  expect(output.on).toBe(false);
});

test("arming by a button goes back to the mode in which it was armed before", () => {
  alarm.arm("home");
  alarm.disarm();
  expect(alarm.armed).toBe(false);
  alarm.arm();
  expect([alarm.armed, alarm.report().mode]).toEqual([true, "home"]);
});

test("an output bound to a zone stays on for as long as the alarm, although the object has left the zone", () => {
  const square = (left: number) =>
    [
      [left, 0],
      [left + 0.5, 0],
      [left + 0.5, 1],
      [left, 1],
    ] as const;
  const zone = (name: string, left: number) =>
    ({ name, kind: "watch", points: square(left), modes: ["away"] }) as const;
  const bound = (name: string) => {
    const binding = { when: "alarm", classes: null, zones: [name] } as const;
    return new OutputDriver(new SimulatedOutput({ gpio: 4, activeLow: false }, "none", () => {}), clock, {
      binding,
      pattern: "steady",
      maxOnMs: null,
    });
  };
  const zones = [zone("door", 0), zone("counter", 0.5)];
  const drivers = [bound("door"), bound("counter")];
  const isOn = () => drivers.map((driver) => driver.report().on);
  alarm = new Alarm({ ...settings, zones }, drivers, clock);
  const at = (left: number) => [detection("rifle", 0.8, [left, 40, 60, 60])];
  see(1, at(60));
  see(2, at(60));
  expect(isOn()).toEqual([true, false]);
  for (let frame = 3; frame < 20; frame++) see(frame, at(60 + (frame - 2) * 10));
  expect(isOn()).toEqual([true, true]);
  clock.advance(1000);
  expect(isOn()).toEqual([false, false]);
  alarm.test();
  expect(isOn()).toEqual([true, true]);
});

test("the entry delay ends in an alarm although no more frames come", () => {
  alarm = new Alarm(
    { ...settings, classes: ["person"], entryDelayMs: 3000 },
    [new OutputDriver(output, clock)],
    clock,
  );
  alarm.on("change", (report) => changes.push(report));
  const person = [detection("person", 0.8)];
  see(1, person);
  see(2, person);
  expect(changes).toMatchObject([{ phase: "pending", active: false, alarms: [{ label: "person" }] }]);
  clock.advance(3000);
  expect(output.on).toBe(true);
});

test("the schedule arms although no frames come, by the clock on the wall", () => {
  const schedule = [{ days: ["wed" as const], from: "22:00", to: "06:00", mode: "away" as const }];
  const evening = new Date(2026, 10, 25, 21, 59, 50).getTime();
  const wall = () => new Date(evening + clock.now());
  alarm = new Alarm({ ...settings, mode: "off", schedule }, [new OutputDriver(output, clock)], clock, wall);
  alarm.on("change", (report) => changes.push(report));
  see(1, rifle);
  expect(changes).toEqual([]);
  clock.advance(60_000);
  expect(changes).toMatchObject([{ phase: "watching", mode: "away" }]);
  alarm.stop();
  expect(clock.pending).toBe(0);
});

/** An output whose pin does not take a level while `error` is set. */
class FailingOutput implements AlarmOutput {
  readonly kind = "gpio";
  readonly description = "GPIO 4";
  error: string | null = "EIO";
  on = false;
  attempts = 0;

  set(on: boolean): void {
    this.attempts++;
    if (this.error !== null) throw new Error(this.error);
    this.on = on;
  }

  stop(): void {
    this.set(false);
  }
}

describe("an output that fails", () => {
  let failing: FailingOutput;
  let failures: string[];

  beforeEach(() => {
    failing = new FailingOutput();
    const drivers = [failing, output].map((each) => new OutputDriver(each, clock));
    alarm = new Alarm(settings, drivers, clock);
    failures = [];
    alarm.on("outputError", (error) => failures.push((error as Error).message));
  });

  test("is reported and keeps none of the others from switching", () => {
    see(1, rifle);
    see(2, rifle);
    expect(output.on).toBe(true);
    expect(failures).toEqual(["EIO"]);
    expect(alarm.outputReports()).toEqual([
      { kind: "gpio", description: "GPIO 4", on: false, error: "EIO" },
      { kind: "simulated", description: output.description, on: true, error: null },
    ]);
  });

  test("is tried again with each frame until it takes the level, and reported once", () => {
    for (let frame = 1; frame <= 5; frame++) see(frame, rifle);
    expect(failing.attempts).toBe(4);
    expect(failures).toHaveLength(1);
    failing.error = null;
    see(6, rifle);
    expect(failing.on).toBe(true);
    expect(alarm.outputReports()[0]).toMatchObject({ on: true, error: null });
    see(7, rifle);
    expect(failing.attempts).toBe(5);
  });

  test("that could not be switched off is tried again although no more frames come", () => {
    failing.error = null;
    see(1, rifle);
    see(2, rifle);
    failing.error = "EIO";
    clock.advance(3000);
    expect([alarm.report().active, failing.on]).toEqual([false, true]);
    failing.error = null;
    clock.advance(1000);
    expect(failing.on).toBe(false);
    expect(clock.pending).toBe(0);
    expect(failures).toHaveLength(1);
  });

  test("when the alarm stops is tried again by the next stop", () => {
    failing.error = null;
    see(1, rifle);
    see(2, rifle);
    failing.error = "EIO";
    alarm.stop();
    failing.error = null;
    alarm.stop();
    expect(failing.on).toBe(false);
  });
});

describe("other settings while it runs", () => {
  test("count from the next frame on, and what was sighted by the old ones counts no more", () => {
    see(1, rifle);
    alarm.apply({ ...settings, k: 1, thresholds: { rifle: 0.9 } });
    see(2, rifle);
    expect(alarm.report()).toMatchObject({ active: false, verdicts: [{ reason: "rifle, below 0.90" }] });
    alarm.apply({ ...settings, k: 1, holdMs: 500 });
    see(3, rifle);
    expect(output.on).toBe(true);
    clock.advance(500);
    expect(output.on).toBe(false);
  });

  test("don't end an alarm that is on, nor raise one for what was acknowledged", () => {
    see(1, rifle);
    see(2, rifle);
    alarm.apply({ ...settings, n: 9, holdMs: 1 });
    expect(output.on).toBe(true);
    alarm.acknowledge();
    expect(output.on).toBe(false);
    alarm.apply({ ...settings, k: 1 });
    for (let frame = 3; frame < 9; frame++) see(frame, rifle);
    expect(output.on).toBe(false);
    expect(alarm.report().verdicts).toMatchObject([{ reason: expect.stringMatching(/acknowledged$/) }]);
  });

  test("arm by a schedule that is new at once, and follow it", () => {
    let hour = 23;
    alarm = new Alarm(settings, [], clock, () => new Date(2026, 0, 1, hour));
    const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
    alarm.apply({ ...settings, schedule: [{ days, from: "22:00", to: "06:00", mode: "home" }] });
    expect(alarm.report().mode).toBe("home");
    hour = 7;
    clock.advance(15_000);
    expect(alarm.report().mode).toBe("away");
    alarm.apply({ ...settings, mode: "off" });
    expect(alarm.report()).toMatchObject({ mode: "off", phase: "off" });
  });
});
