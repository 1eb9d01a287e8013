import { expect, test } from "vitest";
import { ResultMeter } from "../../src/server/result-meter.ts";
import { frameDetections } from "../helpers/frame-detections.ts";

function fed(results: number, periodMs: number): ResultMeter {
  const meter = new ResultMeter();
  for (let i = 0; i < results; i++) {
    meter.add({ ...frameDetections(i, []), latencyMs: i + 1 }, i * periodMs);
  }
  return meter;
}

test("before the first result there is nothing to say", () => {
  const meter = new ResultMeter();
  expect(meter.fps(1000)).toBe(0);
  expect(meter.latency()).toBeNull();
  expect(meter.lastMs).toBeNull();
  expect(meter.timings).toBeNull();
});

test.each([2, 5, 16, 17, 100])("the rate of %i evenly spaced results is their rate", (count) => {
  expect(fed(count, 200).fps((count - 1) * 200 + 150)).toBeCloseTo(5, 6);
});

test("the rate falls when no more results come", () => {
  const meter = fed(16, 200);
  expect(meter.fps(3000 + 10_000)).toBeLessThan(1.3);
  expect(meter.fps(3000 + 100_000)).toBeLessThan(0.2);
});

test("the latency is that of the last 256 results", () => {
  expect(fed(101, 200).latency()).toEqual({ p50: 51, p99: 100 });
  expect(fed(1000, 200).latency()).toEqual({ p50: 873, p99: 998 });
  expect(fed(1000, 200).lastMs).toBe(199_800);
});
