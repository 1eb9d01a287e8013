import { elements } from "../shape.ts";
import type { Kernels } from "./kernels.ts";
import { createActivationScale } from "./reference-activation-scale.ts";
import { createBinaryConv } from "./reference-binary-conv.ts";
import { createBinaryWeightConv, createRealBinaryWeightConv } from "./reference-binary-weight.ts";
import { createConv, createInt8Conv } from "./reference-conv.ts";
import { bitPlanes, createPlaneConv, createTernaryConv } from "./reference-low-bit.ts";
import { concat, logistic, maxPool, slice } from "./reference-maps.ts";

const { fround } = Math;

/**
 * The TypeScript that defines the truth: slow, plain, and the same everywhere. Faster kernels are tested against
 * it. `Math.fround` stands after each single-precision operation, since JavaScript computes in double.
 */
export function createReferenceKernels(): Kernels {
  return {
    name: "reference",
    binaryConv: createBinaryConv(),
    conv: createConv(),
    int8Conv: createInt8Conv(),
    bitPlanes,
    planeConv: createPlaneConv(),
    ternaryConv: createTernaryConv(),
    binaryWeightConv: createBinaryWeightConv(),
    realBinaryWeightConv: createRealBinaryWeightConv(),
    activationScale: createActivationScale(),
    maxPool,
    slice,
    concat,
    logistic,

    center(bytes, shape, out) {
      const { channels } = shape;
      const pixels = shape.height * shape.width;
      for (let c = 0; c < channels; c++) {
        for (let p = 0; p < pixels; p++) out[p * channels + c] = bytes[c * pixels + p]! - 128;
      }
    },

    quantize(x, shape, scale, out) {
      const { channels } = shape;
      const count = elements(shape);
      for (let i = 0; i < count; i += channels) {
        for (let c = 0; c < channels; c++) {
          const scaled = Math.max(-128, Math.min(127, fround(x[i + c]! * scale[c]!)));
          out[i + c] = Math.floor(fround(scaled + 128.5)) - 128;
        }
      }
    },

    batchNorm(x, shape, scale, bias, low, high, out) {
      const { channels } = shape;
      const count = elements(shape);
      for (let i = 0; i < count; i += channels) {
        for (let c = 0; c < channels; c++) {
          const value = fround(fround(x[i + c]! * scale[c]!) + bias[c]!);
          out[i + c] = Math.min(high, Math.max(low, value));
        }
      }
    },

    normalize(bytes, shape, mean, scale, out) {
      const { channels } = shape;
      const pixels = shape.height * shape.width;
      for (let c = 0; c < channels; c++) {
        for (let p = 0; p < pixels; p++) {
          out[p * channels + c] = fround(bytes[c * pixels + p]! - mean[c]!) * scale[c]!;
        }
      }
    },

    sign(x, shape, scale, bias, out) {
      const { channels } = shape;
      const pixels = shape.height * shape.width;
      let element = 0;
      let position = 0;
      for (let p = 0; p < pixels; p++) {
        for (let first = 0; first < channels; first += 32) {
          const bits = Math.min(32, channels - first);
          let word = 0;
          for (let bit = 0; bit < bits; bit++) {
            const c = first + bit;
            const value = fround(fround(x[element++]! * scale[c]!) + bias[c]!);
            if (value >= 0) word |= 1 << bit;
          }
          out[position++] = word;
        }
      }
    },

    affine(sums, shape, scale, bias, out) {
      const { channels } = shape;
      const count = elements(shape);
      for (let i = 0; i < count; i += channels) {
        for (let c = 0; c < channels; c++) out[i + c] = fround(fround(sums[i + c]!) * scale[c]!) + bias[c]!;
      }
    },

    prelu(x, shape, slope, out) {
      const { channels } = shape;
      const count = elements(shape);
      for (let i = 0; i < count; i += channels) {
        for (let c = 0; c < channels; c++) {
          const value = x[i + c]!;
          out[i + c] = value > 0 ? value : value * slope[c]!;
        }
      }
    },

    averagePool(x, shape, out) {
      const { height, width, channels } = shape;
      const row = width * channels;
      let position = 0;
      for (let y = 0; y < height; y += 2) {
        for (let left = y * row; left < (y + 1) * row; left += 2 * channels) {
          for (let c = left; c < left + channels; c++) {
            const upper = fround(x[c]! + x[c + channels]!);
            out[position++] = fround(fround(upper + x[c + row]!) + x[c + row + channels]!) * 0.25;
          }
        }
      }
    },

    repeatChannels(x, shape, times, out) {
      const { channels } = shape;
      const count = elements(shape);
      let position = 0;
      for (let i = 0; i < count; i += channels) {
        for (let time = 0; time < times; time++) {
          for (let c = 0; c < channels; c++) out[position++] = x[i + c]!;
        }
      }
    },

    upsample(x, shape, out) {
      const { height, width, channels } = shape;
      let position = 0;
      for (let y = 0; y < 2 * height; y++) {
        for (let column = 0; column < 2 * width; column++) {
          const from = ((y >> 1) * width + (column >> 1)) * channels;
          for (let c = 0; c < channels; c++) out[position++] = x[from + c]!;
        }
      }
    },

    add(a, b, shape, out) {
      const count = elements(shape);
      for (let i = 0; i < count; i++) out[i] = a[i]! + b[i]!;
    },

    multiply(x, shape, factors, out) {
      const { channels } = shape;
      const pixels = shape.height * shape.width;
      for (let p = 0; p < pixels; p++) {
        for (let i = p * channels; i < (p + 1) * channels; i++) out[i] = x[i]! * factors[p]!;
      }
    },
  };
}
