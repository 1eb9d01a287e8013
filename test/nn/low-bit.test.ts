import { describe, expect, it } from "vitest";
import { wordsFor } from "../../src/nn/bits.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { elements, type MapShape } from "../../src/nn/shape.ts";
import { randomFrom } from "../../src/random.ts";

const kernels = createReferenceKernels();
const outputs = 3;
const cases = [1, 2, 31, 33, 70].flatMap((width) =>
  [1, 5, 32, 37].flatMap((channels) =>
    [
      { kernel: 1, stride: 1, padding: 0 },
      { kernel: 3, stride: 1, padding: 1 },
      { kernel: 3, stride: 2, padding: 1 },
      { kernel: 5, stride: 2, padding: 2 },
    ].map((window) => {
      const shape: MapShape = { height: 4, width, channels };
      const size = (extent: number) =>
        Math.floor((extent + 2 * window.padding - window.kernel) / window.stride) + 1;
      return { shape, window, out: { height: size(4), width: size(width), channels: outputs } };
    }),
  ),
);
type Case = (typeof cases)[number];

/** The definition, with plain numbers. @param outside what stands around the map */
function definition(
  { shape, window, out }: Case,
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  outside = 0,
): number[] {
  const sums: number[] = [];
  for (let i = 0; i < elements(out); i++) {
    const o = i % outputs;
    const top = Math.floor(i / outputs / out.width) * window.stride - window.padding;
    const left = (Math.floor(i / outputs) % out.width) * window.stride - window.padding;
    let sum = 0;
    for (let w = 0; w < window.kernel ** 2 * shape.channels; w++) {
      const c = w % shape.channels;
      const tap = (w - c) / shape.channels;
      const y = top + Math.floor(tap / window.kernel);
      const column = left + (tap % window.kernel);
      const inside = y >= 0 && column >= 0 && y < shape.height && column < shape.width;
      const a = inside ? x[(y * shape.width + column) * shape.channels + c]! : outside;
      sum += a * weight[o * window.kernel ** 2 * shape.channels + w]!;
    }
    sums.push(sum);
  }
  return sums;
}

/** Bit 1 where `isSet`. */
function packed(values: readonly number[], channels: number, isSet: (value: number) => boolean): Int32Array {
  const words = wordsFor(channels);
  const bits = new Int32Array((values.length / channels) * words);
  for (const [i, value] of values.entries()) {
    const c = i % channels;
    if (isSet(value)) bits[Math.floor(i / channels) * words + (c >> 5)]! |= 1 << (c & 31);
  }
  return bits;
}

describe("the convolutions between binary and 8 bits", () => {
  const random = randomFrom(11);
  const integers = (count: number, from: number, to: number) =>
    Array.from({ length: count }, () => from + Math.floor(random() * (to - from + 1)));
  const signs = (count: number) => integers(count, 0, 1).map((bit) => 2 * bit - 1);
  const weights = ({ shape, window }: Case) => outputs * window.kernel ** 2 * shape.channels;

  it.each([
    [1, 1],
    [2, 1],
    [4, 1],
    [2, 2],
    [8, 3],
  ])("give exact sums by bit-planes, activations of %i bits, weights of %i", (planes, weightPlanes) => {
    const top = 2 ** planes - 1;
    const fillings = [
      (count: number) => integers(count, 0, top),
      (count: number) => Array<number>(count).fill(top),
      (count: number) => Array.from({ length: count }, (_, i) => (i % 2) * top),
    ];
    for (const [index, at] of cases.entries()) {
      const { shape, window, out } = at;
      const levels = fillings[index % 3]!(elements(shape));
      const bits = new Int32Array(planes * shape.height * shape.width * wordsFor(shape.channels));
      const ones = new Float32Array(shape.channels).fill(1);
      kernels.bitPlanes(Float32Array.from(levels), shape, ones, planes, bits);
      const layers = Array.from({ length: weightPlanes }, () => signs(weights(at)));
      const filters = layers.flatMap((layer) => [...packed(layer, shape.channels, (w) => w > 0)]);
      const sums = new Int32Array(elements(out));
      kernels.planeConv(bits, planes, shape, window, Int32Array.from(filters), weightPlanes, sums, out);
      const plain = layers[0]!.map((_, i) => layers.reduce((sum, layer, j) => sum + 2 ** j * layer[i]!, 0));
      expect([...sums]).toEqual(definition(at, levels, plain));
    }
  });

  it.each([1, 0, -1] as const)("leave out the zeros of ternary weights, %i outside the map", (outside) => {
    for (const at of cases) {
      const x = signs(elements(at.shape));
      const w = integers(weights(at), -1, 1);
      const pack = (values: number[], isSet: (value: number) => boolean) =>
        packed(values, at.shape.channels, isSet);
      const positive = (value: number) => value > 0;
      const sums = new Int32Array(elements(at.out));
      const mask = pack(w, (value) => value !== 0);
      const sign = pack(w, positive);
      kernels.ternaryConv(pack(x, positive), at.shape, at.window, outside, sign, mask, sums, at.out);
      expect([...sums]).toEqual(definition(at, x, w, outside));
    }
  });

  it("add and subtract bytes by the sign of the weight", () => {
    for (const at of cases) {
      const x = integers(elements(at.shape), -128, 127);
      const w = signs(weights(at));
      const sums = new Int32Array(elements(at.out));
      const filters = packed(w, at.shape.channels, (value) => value > 0);
      kernels.binaryWeightConv(Int8Array.from(x), at.shape, at.window, filters, sums, at.out);
      expect([...sums]).toEqual(definition(at, x, w));
    }
  });

  it("add and subtract real values alike, times a scale, plus a bias", () => {
    for (const at of cases) {
      // So few bits that no sum is rounded.
      const x = integers(elements(at.shape), -64, 64).map((value) => value / 8);
      const w = signs(weights(at));
      const filters = packed(w, at.shape.channels, (value) => value > 0);
      const [scale, bias] = [Float32Array.of(0.5, -2, 4), Float32Array.of(1, -0.25, 3)];
      const out = new Float32Array(elements(at.out));
      const input = Float32Array.from(x);
      kernels.realBinaryWeightConv(input, at.shape, at.window, filters, scale, bias, out, at.out);
      const sums = definition(at, x, w);
      expect([...out]).toEqual(sums.map((sum, i) => sum * scale[i % outputs]! + bias[i % outputs]!));
    }
  });

  it("take XNOR-Net's K from the mean of the magnitudes", () => {
    for (const at of cases) {
      const x = integers(elements(at.shape), -9, 9);
      const one = { ...at.out, channels: 1 };
      const scales = new Float32Array(elements(one));
      kernels.activationScale(Float32Array.from(x), at.shape, at.window, scales, one);
      const sums = definition(at, x.map(Math.abs), Array<number>(weights(at)).fill(1));
      const taps = at.window.kernel ** 2 * at.shape.channels;
      scales.forEach((scale, i) => {
        expect(scale).toBe(Math.fround(sums[i * outputs]! / taps));
      });
    }
  });

  it("multiply each pixel by its factor", () => {
    const out = new Float32Array(6);
    const shape = { height: 1, width: 3, channels: 2 };
    kernels.multiply(Float32Array.of(1, 2, 3, 4, 5, 6), shape, Float32Array.of(10, 0, -1), out);
    expect([...out]).toEqual([10, 20, 0, 0, -5, -6]);
  });

  it("round activations to the nearest level and stop at the ends", () => {
    const shape = { height: 1, width: 1, channels: 6 };
    const out = new Int32Array(2).fill(-1);
    kernels.bitPlanes(
      Float32Array.of(-5, 0.49, 0.5, 1.6, 2.5, 9),
      shape,
      new Float32Array(6).fill(1),
      2,
      out,
    );
    const levels = Array.from({ length: 6 }, (_, c) => ((out[0]! >> c) & 1) + 2 * ((out[1]! >> c) & 1));
    expect(levels).toEqual([0, 0, 1, 2, 3, 3]);
  });
});
