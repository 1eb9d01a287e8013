import { expect, test } from "vitest";
import { LoginLimiter } from "../../src/auth/login-limiter.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";

test("ten wrong passwords in a row are answered, then one every ten seconds", () => {
  const clock = new SteeredClock();
  const limiter = new LoginLimiter(clock);
  const waits = Array.from({ length: 11 }, () => limiter.take("192.0.2.1"));
  expect(waits).toEqual([...Array.from({ length: 10 }, () => 0), 10_000]);
  clock.advance(4000);
  expect(limiter.take("192.0.2.1")).toBe(6000);
  clock.advance(6000);
  expect([limiter.take("192.0.2.1"), limiter.take("192.0.2.1")]).toEqual([0, 10_000]);
});

test("a right password does not count, and others do not pay for one", () => {
  const limiter = new LoginLimiter(new SteeredClock());
  for (let count = 0; count < 100; count++) {
    expect(limiter.take("192.0.2.1")).toBe(0);
    limiter.giveBack("192.0.2.1");
  }
  for (let count = 0; count < 11; count++) limiter.take("192.0.2.2");
  expect(limiter.take("192.0.2.2")).toBeGreaterThan(0);
  expect(limiter.take("192.0.2.1")).toBe(0);
});

test.each([
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9"],
  ["::1", "0:0:0:0:5::"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
])("%s and %s count as one machine", (one, other) => {
  const limiter = new LoginLimiter(new SteeredClock());
  for (let count = 0; count < 10; count++) limiter.take(one);
  expect(limiter.take(other)).toBeGreaterThan(0);
  expect(limiter.take("2001:db8:1:3::9")).toBe(0);
});
