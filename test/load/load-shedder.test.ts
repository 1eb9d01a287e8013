import { beforeEach, expect, test } from "vitest";
import { LoadShedder, type Shedding } from "../../src/load/load-shedder.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";

let clock: SteeredClock;
let shedder: LoadShedder;
let changes: Shedding[];
let temperatureC: number | null;

beforeEach(() => {
  clock = new SteeredClock();
  changes = [];
  temperatureC = 50;
  shedder = new LoadShedder(
    clock,
    () => temperatureC,
    (shedding) => changes.push(shedding),
  );
  shedder.start();
});

/** Five frames a second, each decided after `latencyMs`. */
function watch(seconds: number, latencyMs: number): void {
  for (let frame = 0; frame < 5 * seconds; frame++) {
    clock.advance(200);
    shedder.add(latencyMs);
  }
}

test("a machine that keeps up leaves nothing out", () => {
  watch(60, 110);
  expect(changes).toEqual([]);
  expect(shedder.report()).toEqual({ step: 0, hot: false, temperatureC: 50 });
});

test("one that is too slow first gives viewers smaller pictures, then fewer, never the detector", () => {
  watch(20, 300);
  expect(changes).toEqual([
    { viewerEvery: 1, viewerDivisor: 2, detectEvery: 1 },
    { viewerEvery: 2, viewerDivisor: 2, detectEvery: 1 },
    { viewerEvery: 4, viewerDivisor: 2, detectEvery: 1 },
  ]);
});

test("what was left out comes back step by step, when it has been calm for a while", () => {
  watch(20, 300);
  watch(9, 100);
  expect(shedder.report().step).toBe(3);
  watch(40, 100);
  expect(shedder.report().step).toBe(0);
  expect(changes.at(-1)).toEqual({ viewerEvery: 1, viewerDivisor: 1, detectEvery: 1 });
});

test("between too slow and calm nothing changes: it does not swing", () => {
  watch(4, 300);
  const { step } = shedder.report();
  watch(120, 150);
  expect(shedder.report().step).toBe(step);
});

test("a hot processor looks at every second frame until it has cooled down well", () => {
  temperatureC = 80.5;
  watch(10, 50);
  expect(shedder.report()).toMatchObject({ hot: true, step: 3 });
  expect(changes.at(-1)?.detectEvery).toBe(2);
  temperatureC = 77;
  watch(10, 50);
  expect(shedder.report().hot).toBe(true);
  temperatureC = 74;
  watch(4, 50);
  expect(changes.at(-1)?.detectEvery).toBe(1);
});

test("stopped it looks no more", () => {
  shedder.stop();
  shedder.stop();
  expect(clock.pending).toBe(0);
});
