import { describe, expect, it } from "vitest";
import { i420Bytes, planes } from "../../src/camera/frame.ts";
import { i420ToRgb, rgbToI420 } from "../../src/image/color.ts";

function toI420(rgb: readonly number[], width: number, height: number) {
  const data = new Uint8Array(i420Bytes(width, height));
  rgbToI420(Uint8Array.from(rgb), width, height, data);
  return { width, height, data };
}

function roundTrip(rgb: Uint8Array, width: number, height: number): Uint8ClampedArray {
  const data = new Uint8Array(i420Bytes(width, height));
  rgbToI420(rgb, width, height, data);
  const out = new Uint8ClampedArray(rgb.length);
  i420ToRgb({ width, height, data }, out);
  return out;
}

describe("rgbToI420", () => {
  it.each([
    ["black", [0, 0, 0], [0, 128, 128]],
    ["white", [255, 255, 255], [255, 128, 128]],
    ["red", [255, 0, 0], [76, 85, 255]],
    ["green", [0, 255, 0], [150, 44, 21]],
    ["blue", [0, 0, 255], [29, 255, 107]],
    ["gray", [77, 77, 77], [77, 128, 128]],
    ["orange", [250, 128, 3], [150, 45, 199]],
  ])("knows %s in full-range BT.601", (_name, rgb, yuv) => {
    expect([...toI420(rgb, 1, 1).data]).toEqual(yuv);
  });

  it("averages the pixels of a block before it computes their chroma", () => {
    const picture = toI420([255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0], 2, 2);
    const { y, u, v } = planes(picture);
    expect([...y]).toEqual([76, 29, 29, 76]);
    // The mean is (128, 0, 128).
    expect([...u]).toEqual([128 + ((-11059 * 128 + 32768 * 128 + 32768) >> 16)]);
    expect([...v]).toEqual([128 + ((32768 * 128 - 5329 * 128 + 32768) >> 16)]);
  });

  it("averages only existing pixels at odd edges", () => {
    // Three columns, three rows; the last column and row are white, the corner is blue.
    const dark = [10, 20, 30];
    const white = [255, 255, 255];
    const blue = [0, 0, 255];
    const { u, v } = planes(toI420([dark, dark, white, dark, dark, white, white, white, blue].flat(), 3, 3));
    const only = (rgb: number[]) => [...toI420(rgb, 1, 1).data].slice(1);
    expect([u[0], v[0]]).toEqual(only(dark));
    expect([u[1], v[1]]).toEqual([128, 128]);
    expect([u[2], v[2]]).toEqual([128, 128]);
    expect([u[3], v[3]]).toEqual(only(blue));
  });
});

describe("i420ToRgb", () => {
  it("gives a gray picture back exactly", () => {
    const rgb = new Uint8Array(5 * 3 * 3);
    for (let i = 0; i < rgb.length; i++) rgb[i] = Math.floor(i / 3) * 17;
    expect([...roundTrip(rgb, 5, 3)]).toEqual([...rgb]);
  });

  it("is off by at most 2 for any single color that it can hold", () => {
    for (let r = 0; r < 256; r += 15) {
      for (let g = 0; g < 256; g += 15) {
        for (let b = 0; b < 256; b += 15) {
          const back = roundTrip(Uint8Array.of(r, g, b), 1, 1);
          expect(Math.abs(back[0]! - r)).toBeLessThanOrEqual(2);
          expect(Math.abs(back[1]! - g)).toBeLessThanOrEqual(2);
          expect(Math.abs(back[2]! - b)).toBeLessThanOrEqual(2);
        }
      }
    }
  });

  it.each([
    [1, 1],
    [2, 1],
    [1, 2],
    [3, 3],
    [7, 5],
  ])("fills every pixel of %i×%i with its block's chroma", (width, height) => {
    const data = new Uint8Array(i420Bytes(width, height)).fill(128);
    data.fill(76, 0, width * height);
    const { u, v } = planes({ width, height, data });
    u.fill(85);
    v.fill(255);
    const out = new Uint8ClampedArray(width * height * 3);
    i420ToRgb({ width, height, data }, out);
    for (let i = 0; i < out.length; i += 3) {
      expect([...out.subarray(i, i + 3)]).toEqual([254, 0, 0]);
    }
  });

  it("clamps colors that no screen can show", () => {
    const out = new Uint8ClampedArray(3);
    i420ToRgb({ width: 1, height: 1, data: Uint8Array.of(255, 255, 255) }, out);
    expect([...out]).toEqual([255, 121, 255]);
  });
});
