import { describe, expect, it } from "vitest";
import { i420Bytes, type Picture, planes } from "../../src/camera/frame.ts";
import { Letterbox } from "../../src/image/letterbox.ts";
import { triangleTaps } from "../../src/image/resample.ts";

function gradient(width: number, height: number): Picture {
  const data = new Uint8Array(i420Bytes(width, height));
  for (let i = 0; i < data.length; i++) data[i] = (i * 37 + (i >> 3)) & 255;
  return { width, height, data };
}

function plain(width: number, height: number, y: number, u: number, v: number): Picture {
  const picture = { width, height, data: new Uint8Array(i420Bytes(width, height)) };
  const plane = planes(picture);
  plane.y.fill(y);
  plane.u.fill(u);
  plane.v.fill(v);
  return picture;
}

describe("triangleTaps", () => {
  it.each([
    [1, 1],
    [1, 224],
    [2, 3],
    [640, 224],
    [223, 224],
    [4000, 1],
    [33, 26],
  ])("from %i to %i samples: weights are positive and sum to 4096, taps lie within the input", (from, to) => {
    const { first, offsets, weights } = triangleTaps(from, to);
    for (let i = 0; i < to; i++) {
      const own = weights.subarray(offsets[i], offsets[i + 1]);
      expect(own.reduce((sum, weight) => sum + weight, 0)).toBe(4096);
      expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
      expect(first[i]).toBeGreaterThanOrEqual(0);
      expect(first[i]! + own.length).toBeLessThanOrEqual(from);
    }
  });

  it("halves with the triangle 1 3 3 1, cut at the edges", () => {
    const { first, offsets, weights } = triangleTaps(6, 3);
    expect([...first]).toEqual([0, 1, 3]);
    expect([...weights.subarray(offsets[1], offsets[2])]).toEqual([512, 1536, 1536, 512]);
    // 3 3 1 of 7; the rest of the rounding goes to the first of the two largest.
    expect([...weights.subarray(0, offsets[1])]).toEqual([1756, 1755, 585]);
  });
});

describe("Letterbox", () => {
  it("copies luma of a picture that has the input's size", () => {
    const picture = gradient(224, 160);
    const out = new Uint8Array(3 * 224 * 160);
    const geometry = new Letterbox({ width: 224, height: 160 }).apply(picture, out);
    expect(geometry).toMatchObject({ left: 0, top: 0, contentWidth: 224, contentHeight: 160, scale: 1 });
    expect(Buffer.compare(out.subarray(0, 224 * 160), picture.data.subarray(0, 224 * 160))).toBe(0);
  });

  it("doubles chroma with weights 3/4 and 1/4", () => {
    const picture = plain(4, 2, 0, 0, 0);
    picture.data.set([100, 200], 8);
    const out = new Uint8Array(3 * 4 * 2);
    new Letterbox({ width: 4, height: 2 }).apply(picture, out);
    expect([...out.subarray(8, 16)]).toEqual([100, 125, 175, 200, 100, 125, 175, 200]);
  });

  it("centers a wide picture between gray bars in all planes", () => {
    const out = new Uint8Array(3 * 8 * 8);
    const geometry = new Letterbox({ width: 8, height: 8 }).apply(plain(16, 8, 10, 20, 30), out);
    expect(geometry).toMatchObject({ left: 0, top: 2, contentWidth: 8, contentHeight: 4, scale: 0.5 });
    for (const [plane, value] of [10, 20, 30].entries()) {
      const rows = out.subarray(plane * 64, plane * 64 + 64);
      expect([...rows.subarray(0, 16)]).toEqual(Array(16).fill(128));
      expect([...rows.subarray(16, 48)]).toEqual(Array(32).fill(value));
      expect([...rows.subarray(48)]).toEqual(Array(16).fill(128));
    }
  });

  it.each([
    [1, 1],
    [1, 300],
    [300, 1],
    [97, 133],
    [33, 200],
    [301, 57],
    [5000, 3],
  ])("keeps a plain %i×%i picture plain and its padding gray", (width, height) => {
    const out = new Uint8Array(3 * 224 * 160);
    const { left, top, contentWidth, contentHeight } = new Letterbox({ width: 224, height: 160 }).apply(
      plain(width, height, 255, 0, 77),
      out,
    );
    expect(contentWidth).toBeGreaterThanOrEqual(1);
    expect(contentHeight).toBeGreaterThanOrEqual(1);
    for (const [plane, value] of [255, 0, 77].entries()) {
      const expected = new Uint8Array(224 * 160).fill(128);
      for (let y = top; y < top + contentHeight; y++) {
        expected.fill(value, y * 224 + left, y * 224 + left + contentWidth);
      }
      const actual = out.subarray(plane * expected.length, (plane + 1) * expected.length);
      expect(Buffer.compare(actual, expected)).toBe(0);
    }
  });

  it("leaves nothing of a larger picture behind when sizes alternate", () => {
    const letterbox = new Letterbox({ width: 32, height: 32 });
    const fresh = new Uint8Array(3 * 32 * 32);
    const used = new Uint8Array(3 * 32 * 32);
    new Letterbox({ width: 32, height: 32 }).apply(gradient(40, 20), fresh);
    letterbox.apply(gradient(32, 32), used);
    letterbox.apply(gradient(40, 20), used);
    expect(Buffer.compare(used, fresh)).toBe(0);
  });

  it("reuses its plan while the pictures keep their size", () => {
    const letterbox = new Letterbox({ width: 64, height: 48 });
    const out = new Uint8Array(3 * 64 * 48);
    const geometry = letterbox.apply(gradient(97, 133), out);
    expect(letterbox.apply(gradient(97, 133), out)).toBe(geometry);
    expect(letterbox.apply(gradient(97, 132), out)).not.toBe(geometry);
  });
});

describe("the window", () => {
  const limits = { width: 224, height: 224, multiple: 32 };

  it.each([
    [640, 480, 224, 160],
    [1920, 1080, 224, 128],
    [480, 640, 160, 224],
    [300, 300, 224, 224],
    [5000, 3, 224, 32],
    [1, 300, 32, 224],
    [448, 256, 224, 128],
    [448, 258, 224, 128],
    [448, 290, 224, 160],
  ])("of a picture of %i×%i is %i×%i, the picture in its middle", (width, height, ...window) => {
    const letterbox = new Letterbox(limits);
    const geometry = letterbox.geometryOf(width, height);
    expect([geometry.windowWidth, geometry.windowHeight]).toEqual(window);
    const right = geometry.windowWidth - geometry.contentWidth - geometry.left;
    const bottom = geometry.windowHeight - geometry.contentHeight - geometry.top;
    for (const [before, after] of [
      [geometry.left, right],
      [geometry.top, bottom],
    ]) {
      expect(after! - before!).toBeGreaterThanOrEqual(0);
      expect(after! - before!).toBeLessThanOrEqual(1);
    }
  });

  it("holds the picture as an input of just that size would", () => {
    const picture = gradient(640, 480);
    const wanted = new Uint8Array(3 * 224 * 160);
    new Letterbox({ width: 224, height: 160 }).apply(picture, wanted);
    const found = new Uint8Array(3 * 224 * 160);
    new Letterbox(limits).apply(picture, found);
    expect(Buffer.compare(found, wanted)).toBe(0);
  });

  it("is the largest one where no multiple is given", () => {
    const { windowWidth, windowHeight } = new Letterbox({ width: 224, height: 160 }).geometryOf(1920, 1080);
    expect([windowWidth, windowHeight]).toEqual([224, 160]);
  });

  it("is refused when the network has another input", () => {
    const letterbox = new Letterbox(limits);
    expect(() => letterbox.apply(gradient(640, 480), new Uint8Array(3 * 224 * 224))).toThrow(RangeError);
  });
});

describe("LetterboxGeometry", () => {
  const geometry = new Letterbox({ width: 224, height: 160 }).apply(
    gradient(320, 180),
    new Uint8Array(3 * 224 * 160),
  );

  it("maps the content's corners to the picture's corners", () => {
    const { left, top, contentWidth, contentHeight } = geometry;
    expect(geometry.toPicture([left, top, contentWidth, contentHeight])).toEqual([0, 0, 320, 180]);
  });

  it("clips a box to the picture", () => {
    const [x, y, width, height] = geometry.toPicture([-10, 0, 20, 160]);
    expect([x, y]).toEqual([0, 0]);
    expect(width).toBeCloseTo((10 * 320) / 224, 9);
    expect(height).toBe(180);
  });

  it("gives a box in the padding no area", () => {
    const [, , , height] = geometry.toPicture([0, 0, 224, geometry.top]);
    expect(height).toBe(0);
  });
});
