import { describe, expect, it } from "vitest";
import { wordsFor } from "../../src/nn/bits.ts";
import type { Window } from "../../src/nn/kernels/kernels.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { elements, type MapShape } from "../../src/nn/shape.ts";
import { randomFrom } from "../../src/random.ts";

const kernels = createReferenceKernels();

const shapes: readonly (readonly [MapShape, Window, number])[] = [
  [{ height: 1, width: 1, channels: 1 }, { kernel: 1, stride: 1, padding: 0 }, 1],
  [{ height: 5, width: 7, channels: 3 }, { kernel: 3, stride: 1, padding: 1 }, 4],
  [{ height: 6, width: 9, channels: 33 }, { kernel: 3, stride: 2, padding: 1 }, 5],
  [{ height: 4, width: 4, channels: 64 }, { kernel: 3, stride: 1, padding: 1 }, 31],
  [{ height: 9, width: 3, channels: 70 }, { kernel: 5, stride: 2, padding: 2 }, 2],
  [{ height: 2, width: 8, channels: 31 }, { kernel: 2, stride: 2, padding: 0 }, 6],
];

function outShapeOf(shape: MapShape, { kernel, stride, padding }: Window, channels: number): MapShape {
  const size = (extent: number) => Math.floor((extent + 2 * padding - kernel) / stride) + 1;
  return { height: size(shape.height), width: size(shape.width), channels };
}

/** The definition, one multiplication at a time; `at` gives the value outside as well. */
function definition(
  at: (y: number, x: number, c: number) => number,
  channels: number,
  window: Window,
  weight: ArrayLike<number>,
  out: MapShape,
): number[] {
  const { kernel, stride, padding } = window;
  const result: number[] = [];
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      for (let o = 0; o < out.channels; o++) {
        let sum = 0;
        for (let row = 0; row < kernel; row++) {
          for (let column = 0; column < kernel; column++) {
            for (let c = 0; c < channels; c++) {
              const value = at(y * stride - padding + row, x * stride - padding + column, c);
              sum += value * weight[((o * kernel + row) * kernel + column) * channels + c]!;
            }
          }
        }
        result.push(sum);
      }
    }
  }
  return result;
}

function packed(signs: ArrayLike<number>, channels: number): Int32Array {
  const words = wordsFor(channels);
  const rows = signs.length / channels;
  const bits = new Int32Array(rows * words);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < channels; c++) {
      if (signs[row * channels + c]! > 0) bits[row * words + (c >> 5)]! |= 1 << (c & 31);
    }
  }
  return bits;
}

describe("the reference kernels", () => {
  const random = randomFrom(3);
  const values = (count: number) => Float32Array.from({ length: count }, () => random() * 2 - 1);
  const signs = (count: number) => Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));

  it.each(shapes)("convolve real maps as defined: %o %o", (shape, window, outputs) => {
    const outShape = outShapeOf(shape, window, outputs);
    const x = values(elements(shape));
    const weight = values(outputs * window.kernel ** 2 * shape.channels);
    const bias = values(outputs);
    const out = new Float32Array(elements(outShape));
    kernels.conv(x, shape, window, weight, bias, out, outShape);
    const inside = (y: number, column: number, c: number) =>
      y < 0 || column < 0 || y >= shape.height || column >= shape.width
        ? 0
        : x[(y * shape.width + column) * shape.channels + c]!;
    const wanted = definition(inside, shape.channels, window, weight, outShape);
    wanted.forEach((sum, i) => {
      expect(out[i]).toBeCloseTo(sum + bias[i % outputs]!, 5);
    });
  });

  it.each(
    shapes.flatMap((row) => ([-1, 0, 1] as const).map((paddingSign) => [...row, paddingSign] as const)),
  )("convolve signs to exact sums: %o %o, %i outputs, padding %i", (shape, window, outputs, paddingSign) => {
    const outShape = outShapeOf(shape, window, outputs);
    const x = signs(elements(shape));
    const weight = signs(outputs * window.kernel ** 2 * shape.channels);
    const out = new Int32Array(elements(outShape));
    kernels.binaryConv(
      packed(x, shape.channels),
      shape,
      window,
      paddingSign,
      packed(weight, shape.channels),
      out,
      outShape,
    );
    const padded = (y: number, column: number, c: number) =>
      y < 0 || column < 0 || y >= shape.height || column >= shape.width
        ? paddingSign
        : x[(y * shape.width + column) * shape.channels + c]!;
    expect([...out]).toEqual(definition(padded, shape.channels, window, weight, outShape));
  });

  it.each(shapes.flatMap((row) => [0, -128, 101].map((outside) => [...row, outside] as const)))(
    "convolve bytes to exact sums: %o %o, %i outputs, %i outside",
    (shape, window, outputs, outside) => {
      const outShape = outShapeOf(shape, window, outputs);
      const bytes = (count: number) => Int8Array.from({ length: count }, () => random() * 256 - 128);
      const x = bytes(elements(shape));
      const weight = bytes(outputs * window.kernel ** 2 * shape.channels);
      const out = new Int32Array(elements(outShape));
      kernels.int8Conv(x, shape, window, outside, weight, out, outShape);
      const padded = (y: number, column: number, c: number) =>
        y < 0 || column < 0 || y >= shape.height || column >= shape.width
          ? outside
          : x[(y * shape.width + column) * shape.channels + c]!;
      expect([...out]).toEqual(definition(padded, shape.channels, window, weight, outShape));
    },
  );

  it("normalize, and clip where they are told to", () => {
    const shape = { height: 1, width: 2, channels: 2 };
    const x = Float32Array.of(1, 2, 3, -4);
    const [scale, bias] = [Float32Array.of(2, 0.5), Float32Array.of(-3, 1)];
    const out = new Float32Array(4);
    kernels.batchNorm(x, shape, scale, bias, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, out);
    expect([...out]).toEqual([-1, 2, 3, -1]);
    kernels.batchNorm(x, shape, scale, bias, -0.5, 2.5, out);
    expect([...out]).toEqual([-0.5, 2, 2.5, -0.5]);
  });

  it.each([1, 31, 32, 33, 70])("take the sign of %i channels, 0 being positive", (channels) => {
    const shape = { height: 2, width: 3, channels };
    const x = values(elements(shape));
    x[0] = 0;
    const scale = new Float32Array(channels).fill(1);
    const bias = new Float32Array(channels);
    const out = new Int32Array(6 * wordsFor(channels)).fill(-1);
    kernels.sign(x, shape, scale, bias, out);
    expect(out).toEqual(
      packed(
        Array.from(x, (value) => (value >= 0 ? 1 : -1)),
        channels,
      ),
    );
  });

  it("pool, repeat, upsample, add and activate", () => {
    const shape = { height: 2, width: 2, channels: 2 };
    const x = Float32Array.of(1, -1, 2, -2, 3, -3, 4, -4);
    const pooled = new Float32Array(2);
    kernels.averagePool(x, shape, pooled);
    expect([...pooled]).toEqual([2.5, -2.5]);
    const pair = { height: 1, width: 1, channels: 2 };
    const repeated = new Float32Array(4);
    kernels.repeatChannels(pooled, pair, 2, repeated);
    expect([...repeated]).toEqual([2.5, -2.5, 2.5, -2.5]);
    const upsampled = new Float32Array(8);
    kernels.upsample(pooled, pair, upsampled);
    expect([...upsampled]).toEqual([2.5, -2.5, 2.5, -2.5, 2.5, -2.5, 2.5, -2.5]);
    const sum = new Float32Array(8);
    kernels.add(x, upsampled, shape, sum);
    expect([...sum]).toEqual([3.5, -3.5, 4.5, -4.5, 5.5, -5.5, 6.5, -6.5]);
    const activated = new Float32Array(2);
    kernels.prelu(pooled, pair, Float32Array.of(0.5, 0.125), activated);
    expect([...activated]).toEqual([2.5, -0.3125]);
  });
});
