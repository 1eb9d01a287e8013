import { beforeEach, describe, expect, test } from "vitest";
import { Alarm, type AlarmReport } from "../../src/alarm/alarm.ts";
import type { AlarmOutput } from "../../src/alarm/output.ts";
import { SimulatedOutput } from "../../src/alarm/simulated-output.ts";
import { detection, frameDetections } from "../helpers/frame-detections.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";

const settings = { classes: ["rifle"], k: 2, n: 3, holdMs: 1000 };
const rifle = [detection("rifle", 0.8)];

let clock: SteeredClock;
let output: SimulatedOutput;
let alarm: Alarm;
let changes: AlarmReport[];

beforeEach(() => {
  clock = new SteeredClock();
  output = new SimulatedOutput(
    { gpio: 17, activeLow: false },
    "no Raspberry Pi GPIO on this machine",
    () => {},
  );
  alarm = new Alarm(settings, [output], clock);
  changes = [];
  alarm.on("change", (report) => changes.push(report));
});

test("the output is on before update returns, and the report names the frame and the reaction time", () => {
  alarm.update(frameDetections(1, rifle));
  expect(output.on).toBe(false);
  clock.advance(300);
  alarm.update(frameDetections(2, rifle, { capturedAtMs: 200 }));
  expect(output.on).toBe(true);
  expect(changes).toEqual([
    {
      active: true,
      frameId: 2,
      reason: "rifle 0.80 in 2 of 2 frames",
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
  alarm.update(frameDetections(1, rifle));
  alarm.update(frameDetections(2, rifle));
  expect(onWhenTold).toBe(true);
});

test("the hold ends without another frame", () => {
  alarm.update(frameDetections(1, rifle));
  alarm.update(frameDetections(2, rifle));
  clock.advance(999);
  expect(output.on).toBe(true);
  clock.advance(1);
  expect(output.on).toBe(false);
  expect(changes.map(({ active }) => active)).toEqual([true, false]);
  expect(alarm.report()).toEqual({
    active: false,
    frameId: null,
    reason: null,
    activeForMs: null,
    offInMs: null,
    reactionMs: null,
  });
  expect(clock.pending).toBe(0);
});

test("further sightings extend one alarm instead of starting another", () => {
  for (let frame = 1; frame <= 20; frame++) {
    alarm.update(frameDetections(frame, rifle));
    clock.advance(200);
  }
  expect(changes).toHaveLength(1);
  expect(alarm.report()).toMatchObject({ active: true, activeForMs: 3800, offInMs: 800 });
  expect(clock.pending).toBe(1);
  clock.advance(800);
  expect(changes).toHaveLength(2);
});

test("stop switches off, leaves no timer and takes no more detections", () => {
  alarm.update(frameDetections(1, rifle));
  alarm.update(frameDetections(2, rifle));
  alarm.stop();
  alarm.stop();
  expect(output.on).toBe(false);
  expect(clock.pending).toBe(0);
  alarm.update(frameDetections(3, rifle));
  expect(output.on).toBe(false);
  expect(alarm.report().active).toBe(false);
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
    alarm = new Alarm(settings, [failing, output], clock);
    failures = [];
    alarm.on("outputError", ({ description }, error) =>
      failures.push(`${description}: ${(error as Error).message}`),
    );
  });

  test("is reported and keeps none of the others from switching", () => {
    alarm.update(frameDetections(1, rifle));
    alarm.update(frameDetections(2, rifle));
    expect(output.on).toBe(true);
    expect(failures).toEqual(["GPIO 4: EIO"]);
    expect(alarm.outputReports()).toEqual([
      { kind: "gpio", description: "GPIO 4", on: false, error: "EIO" },
      { kind: "simulated", description: output.description, on: true, error: null },
    ]);
  });

  test("is tried again with each frame until it takes the level, and reported once", () => {
    for (let frame = 1; frame <= 5; frame++) alarm.update(frameDetections(frame, rifle));
    expect(failing.attempts).toBe(4);
    expect(failures).toHaveLength(1);
    failing.error = null;
    alarm.update(frameDetections(6, rifle));
    expect(failing.on).toBe(true);
    expect(alarm.outputReports()[0]).toMatchObject({ on: true, error: null });
    alarm.update(frameDetections(7, rifle));
    expect(failing.attempts).toBe(5);
  });

  test("that could not be switched off is tried again although no more frames come", () => {
    failing.error = null;
    alarm.update(frameDetections(1, rifle));
    alarm.update(frameDetections(2, rifle));
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
    alarm.update(frameDetections(1, rifle));
    alarm.update(frameDetections(2, rifle));
    failing.error = "EIO";
    alarm.stop();
    failing.error = null;
    alarm.stop();
    expect(failing.on).toBe(false);
  });
});
