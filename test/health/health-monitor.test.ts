import { afterEach, beforeEach, expect, test } from "vitest";
import { type CheckResult, ok, warning } from "../../src/health/check.ts";
import { checkMemory, checkSpace } from "../../src/health/checks.ts";
import { HealthMonitor } from "../../src/health/health-monitor.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { until } from "../helpers/until.ts";

const yearMs = 365 * 86_400_000;
let clock: SteeredClock;
let wallOffsetMs: number;
let lines: string[];
let temperature: CheckResult;
let looks: number;
let monitor: HealthMonitor;

beforeEach(() => {
  clock = new SteeredClock();
  wallOffsetMs = Date.UTC(2026, 5, 1);
  lines = [];
  looks = 0;
  temperature = ok("temperature", "50 °C");
  const log = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
  const checks = [
    () => {
      looks++;
      return temperature;
    },
    () => Promise.reject(new Error("the disk is gone")),
    checkMemory,
    () => checkSpace("/nowhere/at/all"),
  ];
  monitor = new HealthMonitor(checks, clock, () => clock.now() + wallOffsetMs, log);
});
afterEach(() => monitor.stop());

/** A minute later. */
async function nextLook(): Promise<void> {
  const { checks } = monitor.report();
  clock.advance(60_000);
  await until("it has looked", () => monitor.report().checks !== checks);
}

test("it looks once a minute, says what gets worse and what is well again, and goes on after an error", async () => {
  await monitor.start();
  expect(lines).toEqual(["health: the disk is gone"]);
  const { status, checks } = monitor.report();
  expect(status).toBe("ok");
  expect(checks.map(({ name }) => name)).toEqual(["temperature", "memory", "space"]);
  expect(checks[1]!.measured!.freeBytes).toBeGreaterThan(1e6);
  expect(checks[2]!.measured!.freeBytes).toBeGreaterThan(1e6);

  temperature = warning("temperature", "75 °C", "Let air to the board");
  await nextLook();
  expect(monitor.report().status).toBe("warning");
  await nextLook();
  temperature = ok("temperature", "50 °C");
  await nextLook();
  expect(lines.filter((line) => line.startsWith("temperature"))).toEqual([
    "temperature: 75 °C; Let air to the board",
    "temperature is well again: 50 °C",
  ]);
  expect(looks).toBe(4);
  monitor.stop();
  clock.advance(600_000);
  expect(looks).toBe(4);
});

test("a clock that jumps by a year is one clear line", async () => {
  await monitor.start();
  wallOffsetMs += yearMs;
  await nextLook();
  wallOffsetMs -= 30_000;
  await nextLook();
  await nextLook();
  expect(lines.filter((line) => line.startsWith("the clock"))).toEqual([
    "the clock was set forward by 365 days; alarm and detector use another, times in the log and of events follow it",
    "the clock was set back by 30 s; alarm and detector use another, times in the log and of events follow it",
  ]);
});
