import { describe, expect, it } from "vitest";
import { chromaSize, i420Bytes, type Picture, planes } from "../../src/camera/frame.ts";
import { crop } from "../../src/image/crop.ts";

/** Each sample says where it is. */
function picture(width: number, height: number): Picture {
  const made: Picture = { width, height, data: new Uint8Array(i420Bytes(width, height)) };
  const { y, u, v } = planes(made);
  for (let i = 0; i < y.length; i++) y[i] = (i % width) + 16 * Math.floor(i / width);
  const chromaWidth = chromaSize(width);
  for (let i = 0; i < u.length; i++) u[i] = (i % chromaWidth) + 16 * Math.floor(i / chromaWidth);
  for (let i = 0; i < v.length; i++) v[i] = 255 - u[i]!;
  return made;
}

describe("a part of a picture", () => {
  it.each([
    [8, 6, [2, 2, 4, 2]],
    [9, 7, [4, 2, 5, 5]],
    [9, 7, [0, 0, 9, 7]],
    [9, 7, [2, 4, 3, 1]],
  ] as const)(
    "of %i×%i has the samples of its place, %j",
    (width, height, [left, top, partWidth, partHeight]) => {
      const part = crop(picture(width, height), [left, top, partWidth, partHeight]);
      expect([part.width, part.height]).toEqual([partWidth, partHeight]);
      const { y, u, v } = planes(part);
      const at = (x: number, row: number) => x + 16 * row;
      const range = (count: number) => Array.from({ length: count }, (_, i) => i);
      expect([...y]).toEqual(
        range(partHeight).flatMap((row) => range(partWidth).map((x) => at(left + x, top + row))),
      );
      const chroma = range(chromaSize(partHeight)).flatMap((row) =>
        range(chromaSize(partWidth)).map((x) => at(left / 2 + x, top / 2 + row)),
      );
      expect([...u]).toEqual(chroma);
      expect([...v]).toEqual(chroma.map((value) => 255 - value));
    },
  );

  it("takes the memory of an old one of its size", () => {
    const old = crop(picture(8, 6), [2, 2, 4, 2]);
    expect(crop(picture(8, 6), [0, 4, 4, 2], old).data).toBe(old.data);
    expect(crop(picture(8, 6), [2, 2, 4, 4], old).data).not.toBe(old.data);
  });

  it.each([
    [[2, 2, 8, 2]],
    [[2, 2, 4, 5]],
    [[-2, 2, 4, 2]],
    [[1, 2, 4, 2]],
    [[2, 3, 4, 2]],
    [[2, 2, 0, 2]],
  ] as const)("cannot be %j of 8×6", (part) => {
    expect(() => crop(picture(8, 6), part)).toThrow(
      new RangeError(`the part ${part.join(", ")} cannot be cut from 8×6`),
    );
  });
});
