import { describe, expect, test } from "vitest";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";
import type { Box, Detection } from "../../src/detect/detection.ts";
import { CameraNoise } from "../../src/eval/camera-noise.ts";
import { EventPlayer, type PlayOutcome } from "../../src/eval/events.ts";
import { MirrorWatch, mirrored, mirroredBox } from "../../src/eval/mirror.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { detection } from "../helpers/frame-detections.ts";
import { fixture } from "../helpers/paths.ts";

const gun: Box = [40, 40, 20, 20];
const elsewhere: Box = [200, 100, 20, 20];
const settings = { classes: ["handgun"], k: 2, n: 3, holdMs: 1000 };

/** Plays frames at 5 a second; `.` nothing, `g` a gun that is seen, `m` one that is missed, `f` a false one. */
function play(script: string): PlayOutcome {
  const player = new EventPlayer(settings, 5);
  for (const frame of script) {
    const detections: Detection[] = [];
    if (frame === "g") detections.push(detection("handgun", 0.8, gun));
    if (frame === "f") detections.push(detection("handgun", 0.8, elsewhere));
    const weapons = frame === "g" || frame === "m" ? [gun] : [];
    player.play({ width: 320, height: 180, detections, weak: [], weapons });
  }
  return player.outcome();
}

describe("a clip that is played", () => {
  test("tells the first weapon, and the alarm that it raised", () => {
    expect(play("..mmgg...")).toEqual({
      frames: 9,
      firstWeapon: 2,
      alarm: 5,
      reason: "handgun 0.80 in 2 of 2 frames, armed away",
      withoutCause: [],
    });
  });

  test("without an alarm, or without a weapon, says so", () => {
    expect(play("mgmmg.")).toMatchObject({ firstWeapon: 0, alarm: null, withoutCause: [] });
    expect(play("......")).toMatchObject({ firstWeapon: null, alarm: null, withoutCause: [] });
  });

  test("counts an alarm for something else as one without cause, once, however long it lasts", () => {
    expect(play("mffff.....mmm")).toMatchObject({
      alarm: null,
      withoutCause: [{ frame: 2, reason: "handgun 0.80 in 2 of 2 frames, armed away" }],
    });
    expect(play("ff........ff").withoutCause.map(({ frame }) => frame)).toEqual([1, 11]);
  });

  test("an alarm that began for nothing and goes on for the weapon is one with cause", () => {
    expect(play("ffgg")).toMatchObject({ firstWeapon: 2, alarm: 3, withoutCause: [] });
  });
});

describe("camera noise", () => {
  const gray: Picture = { width: 64, height: 48, data: new Uint8Array(i420Bytes(64, 48)).fill(128) };

  test("is the same for a seed, another in each frame, and leaves the picture as it was", () => {
    const [one, again] = [new CameraNoise(3), new CameraNoise(3)];
    const first = one.frame(gray).data;
    expect(again.frame(gray).data).toEqual(first);
    expect(one.frame(gray).data).not.toEqual(first);
    expect(new CameraNoise(4).frame(gray).data).not.toEqual(first);
    expect(gray.data.every((value) => value === 128)).toBe(true);
  });

  test("has the mean and the spread of a camera's, on all planes", () => {
    const { data } = new CameraNoise(1).frame(gray);
    const luma = data.subarray(0, 64 * 48);
    expect(mean(luma)).toBeCloseTo(128, 0);
    expect(spread(luma)).toBeGreaterThan(2.5);
    expect(spread(luma)).toBeLessThan(3.5);
    expect(spread(data.subarray(64 * 48))).toBeGreaterThan(1.2);
  });

  test("moves the picture by a pixel at most, to every side", () => {
    const dot: Picture = { ...gray, data: new Uint8Array(gray.data.length).fill(0) };
    dot.data[20 * 64 + 30] = 255;
    const noise = new CameraNoise(2);
    const places = new Set<number>();
    for (let i = 0; i < 60; i++) {
      const { data } = noise.frame(dot);
      places.add(data.indexOf(Math.max(...data)) - (20 * 64 + 30));
    }
    expect([...places].sort((a, b) => a - b)).toEqual([-65, -64, -63, -1, 0, 1, 63, 64, 65]);
  });
});

describe("mirrored frames", () => {
  test("a picture mirrored twice is itself, and a box lies on the same thing", async () => {
    const picture = await decodePicture(fixture("pictures/parity-05.png"));
    const other = mirrored(picture);
    expect(mirrored(other)).toEqual(picture);
    expect(other.data).not.toEqual(picture.data);
    const [left, top] = mirroredBox([3, 5, 4, 6], picture.width);
    expect(other.data[top * picture.width + left]).toBe(picture.data[5 * picture.width + 3 + 4 - 1]);
  });

  test("are told from those that are not, over a clip", async () => {
    const watch = new MirrorWatch();
    const turned = [false, false, true, true, false, true, false, false];
    for (const [i, isTurned] of turned.entries()) {
      const frame = await decodePicture(fixture(`demo/frame-0${String(i + 30)}.webp`));
      expect(watch.isMirrored(isTurned ? mirrored(frame) : frame)).toBe(isTurned);
    }
  });
});

function mean(values: Uint8Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spread(values: Uint8Array): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length);
}
