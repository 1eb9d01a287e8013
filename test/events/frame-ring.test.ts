import { describe, expect, test } from "vitest";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";
import { FrameRing, type KeptFrame } from "../../src/events/frame-ring.ts";

const frameBytes = i420Bytes(64, 48);

function picture(value: number): Picture {
  return { width: 64, height: 48, data: new Uint8Array(frameBytes).fill(value) };
}

function timesOf(ring: FrameRing): number[] {
  return ring.all().map(({ atMs }) => atMs);
}

describe("the ring of frames", () => {
  test("keeps those of the pre-roll, as they were when they came", () => {
    const ring = new FrameRing(1000, 100 * frameBytes);
    const reused = picture(0);
    for (let i = 0; i <= 30; i++) {
      reused.data.fill(i);
      ring.add(reused, 100 * i, [], null, null);
    }
    expect(timesOf(ring)).toEqual(Array.from({ length: 11 }, (_, i) => 2000 + 100 * i));
    expect(ring.all().map((frame) => frame.picture!.data[0])).toEqual(timesOf(ring).map((ms) => ms / 100));
  });

  test("covers all of the pre-roll with fewer frames where the memory is small", () => {
    const ring = new FrameRing(3000, 6 * frameBytes);
    for (let i = 0; i <= 100; i++) ring.add(picture(i), 100 * i, [], null, null);
    expect(timesOf(ring)).toEqual([7500, 8000, 8500, 9000, 9500, 10_000]);
  });

  test("keeps what a clip still waits for, until the memory is full, and then the newest", () => {
    const ring = new FrameRing(200, 10 * frameBytes);
    for (let i = 0; i < 8; i++) ring.add(picture(i), 100 * i, [], null, 0);
    expect(ring.from(0)?.atMs).toBe(0);
    for (let i = 8; i < 30; i++) ring.add(picture(i), 100 * i, [], null, 0);
    expect(timesOf(ring)).toHaveLength(10);
    expect(ring.from(0)?.atMs).toBe(2000);
    expect(ring.from(29)?.atMs).toBe(2900);
    expect(ring.from(30)).toBeUndefined();
  });

  test("has room for more of those that are JPEGs, made anyway or for a clip", () => {
    const ring = new FrameRing(60_000, 10 * frameBytes);
    const jpeg: KeptFrame["jpeg"] = Promise.resolve(new Uint8Array(100));
    for (let i = 0; i < 100; i++) ring.add(picture(i), 100 * i, [], jpeg, 0);
    const asJpegs = timesOf(ring).length;
    expect(asJpegs).toBeGreaterThan(60);
    for (let i = 100; i < 200; i++) {
      ring.add(picture(i), 100 * i, [], null, 0);
      ring.setJpeg(ring.from(i)!, jpeg);
      expect(ring.all().filter((frame) => frame.picture !== null)).toEqual([]);
    }
    expect(timesOf(ring).length).toBeGreaterThan(50);
  });
});
