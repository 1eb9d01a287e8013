import { elements, type MapShape } from "../shape.ts";
import type { PoolWindow } from "./kernels.ts";

// Real maps without weights, which networks from Darknet have and ours do not; see `Kernels`.

export function maxPool(
  x: Float32Array,
  { height, width, channels }: MapShape,
  { kernel, stride, before }: PoolWindow,
  out: Float32Array,
  outShape: MapShape,
): void {
  out.fill(Number.NEGATIVE_INFINITY, 0, elements(outShape));
  let position = 0;
  for (let outY = 0; outY < outShape.height; outY++) {
    const top = outY * stride - before;
    for (let outX = 0; outX < outShape.width; outX++, position += channels) {
      const left = outX * stride - before;
      for (let y = Math.max(0, top); y < Math.min(height, top + kernel); y++) {
        for (let column = Math.max(0, left); column < Math.min(width, left + kernel); column++) {
          const from = (y * width + column) * channels;
          for (let c = 0; c < channels; c++) {
            if (x[from + c]! > out[position + c]!) out[position + c] = x[from + c]!;
          }
        }
      }
    }
  }
}

export function slice(
  x: Float32Array,
  { height, width, channels }: MapShape,
  first: number,
  out: Float32Array,
  outShape: MapShape,
): void {
  for (let pixel = 0; pixel < height * width; pixel++) {
    const from = pixel * channels + first;
    for (let c = 0; c < outShape.channels; c++) out[pixel * outShape.channels + c] = x[from + c]!;
  }
}

export function concat(
  inputs: readonly Float32Array[],
  shapes: readonly MapShape[],
  out: Float32Array,
  outShape: MapShape,
): void {
  let first = 0;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i]!;
    const { height, width, channels } = shapes[i]!;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const to = pixel * outShape.channels + first;
      for (let c = 0; c < channels; c++) out[to + c] = x[pixel * channels + c]!;
    }
    first += channels;
  }
}

export function logistic(x: Float32Array, shape: MapShape, out: Float32Array): void {
  const count = elements(shape);
  for (let i = 0; i < count; i++) {
    // Beyond 104 both ends are reached: 1, and what is less than half of the smallest float. NaN stays.
    out[i] = 1 / (1 + exponential(Math.min(104, Math.max(-104, -x[i]!))));
  }
}

/** 1 / n!: eʳ to the last bits of double precision for |r| up to 104 / 256. */
const terms = Array.from({ length: 14 }, (_, n) => {
  let factorial = 1;
  for (let factor = 2; factor <= n; factor++) factorial *= factor;
  return 1 / factorial;
});

/** eˣ as (e^(x/256))²⁵⁶: products and sums alone, which are the same everywhere, as no library's exp is. */
function exponential(x: number): number {
  const part = x / 256;
  let power = terms[terms.length - 1]!;
  for (let n = terms.length - 2; n >= 0; n--) power = power * part + terms[n]!;
  for (let i = 0; i < 8; i++) power *= power;
  return power;
}
