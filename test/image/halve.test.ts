import { expect, test } from "vitest";
import { i420Bytes, planes } from "../../src/camera/frame.ts";
import { halve } from "../../src/image/halve.ts";
import { randomFrom } from "../../src/random.ts";

/** The plain definition: the mean of those of four samples that are there. */
function meanOfFour(plane: Uint8Array, width: number, height: number, x: number, y: number): number {
  const samples: number[] = [];
  for (const row of [2 * y, 2 * y + 1]) {
    for (const column of [2 * x, 2 * x + 1]) {
      if (row < height && column < width) samples.push(plane[row * width + column]!);
    }
  }
  return Math.floor(samples.reduce((sum, sample) => sum + sample, 0) / samples.length + 0.5);
}

test.each([
  [64, 48],
  [6, 4],
  [5, 3],
  [1, 1],
  [2, 7],
])("%d × %d becomes half of that, each sample the mean of four", (width, height) => {
  const random = randomFrom(width * height);
  const data = Uint8Array.from({ length: i420Bytes(width, height) }, () => Math.floor(256 * random()));
  const small = halve({ width, height, data });
  expect([small.width, small.height]).toEqual([Math.ceil(width / 2), Math.ceil(height / 2)]);
  const [from, to] = [planes({ width, height, data }), planes(small)];
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      expect(to.y[y * small.width + x]).toBe(meanOfFour(from.y, width, height, x, y));
    }
  }
  const [fromWidth, fromHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const toWidth = Math.ceil(fromWidth / 2);
  for (let y = 0; y < Math.ceil(fromHeight / 2); y++) {
    for (let x = 0; x < toWidth; x++) {
      expect(to.v[y * toWidth + x]).toBe(meanOfFour(from.v, fromWidth, fromHeight, x, y));
    }
  }
});

test("memory of the right size is used again", () => {
  const picture = { width: 8, height: 8, data: new Uint8Array(i420Bytes(8, 8)) };
  const { data } = halve(picture);
  expect(halve(picture, data).data).toBe(data);
});
