/**
 * One axis of a resampling, as integer filter taps. Output sample i is
 * (Σ weights[t] · x[first[i] + t − offsets[i]] + 2048) >> 12 over t in offsets[i] … offsets[i + 1] − 1.
 */
export interface Taps {
  readonly inSize: number;
  readonly outSize: number;
  /** [outSize] index of the first input sample. */
  readonly first: Int32Array;
  /** [outSize + 1] where the weights of each output sample begin. */
  readonly offsets: Int32Array;
  /** Positive integers; those of one output sample sum to 4096. */
  readonly weights: Int32Array;
}

const one = 4096;
const half = 2048;
const shift = 12;

/**
 * Taps of the antialiased triangle filter (Pillow's BILINEAR). For output index i, in float64:
 *
 *   ratio = inSize / outSize;  support = max(1, ratio);  center = (i + 0.5) · ratio
 *   j from max(0, floor(center − support + 0.5)) to min(inSize, floor(center + support + 0.5)), exclusive
 *   weight_j = max(0, 1 − |(j + 0.5 − center) / support|)
 *   q_j = floor(weight_j / Σ weight · 4096 + 0.5)
 *
 * and the rest 4096 − Σ q is added to the largest q, to the first of them if several are. Taps of zero at
 * either end are left out of the table, which changes no result.
 */
export function triangleTaps(inSize: number, outSize: number): Taps {
  const ratio = inSize / outSize;
  const support = Math.max(1, ratio);
  const first = new Int32Array(outSize);
  const offsets = new Int32Array(outSize + 1);
  const weights: number[] = [];
  const kernel = new Float64Array(Math.ceil(2 * support) + 2);
  for (let i = 0; i < outSize; i++) {
    const center = (i + 0.5) * ratio;
    const from = Math.max(0, Math.floor(center - support + 0.5));
    const count = Math.min(inSize, Math.floor(center + support + 0.5)) - from;
    let sum = 0;
    for (let t = 0; t < count; t++) {
      kernel[t] = Math.max(0, 1 - Math.abs((from + t + 0.5 - center) / support));
      sum += kernel[t]!;
    }
    quantize(kernel, count, sum);
    let start = 0;
    let end = count;
    while (kernel[start] === 0) start++;
    while (kernel[end - 1] === 0) end--;
    first[i] = from + start;
    for (let t = start; t < end; t++) weights.push(kernel[t]!);
    offsets[i + 1] = weights.length;
  }
  return { inSize, outSize, first, offsets, weights: Int32Array.from(weights) };
}

/** Turns weights that sum to `sum` into integers that sum to 4096, in place. */
function quantize(kernel: Float64Array, count: number, sum: number): void {
  let rest = one;
  let largest = 0;
  for (let t = 0; t < count; t++) {
    const q = Math.floor((kernel[t]! / sum) * one + 0.5);
    kernel[t] = q;
    rest -= q;
    if (q > kernel[largest]!) largest = t;
  }
  kernel[largest]! += rest;
}

/** Brings planes of one size to another. */
export interface Resampler {
  /**
   * @param source holds a plane from index `from`
   * @param out the result is written from index `to`, its rows `stride` samples apart
   */
  resample(source: Uint8Array, from: number, out: Uint8Array, to: number, stride: number): void;
}

/** Makes a resampler that goes along x, to whole bytes, then along y. */
export type ResamplerFactory = (x: Taps, y: Taps) => Resampler;

/** The resampler that runs anywhere. */
export const createResampler: ResamplerFactory = (x, y) => {
  const rows = new Uint8Array(y.inSize * x.outSize);
  const sums = new Int32Array(x.outSize);
  return {
    resample(source, from, out, to, stride) {
      resampleRows(source, from, y.inSize, x, rows);
      resampleColumns(rows, x.outSize, y, sums, out, to, stride);
    },
  };
};

/**
 * Resamples along x.
 * @param source holds rows × taps.inSize samples from index `start`.
 * @param out rows × taps.outSize samples.
 */
function resampleRows(source: Uint8Array, start: number, rows: number, taps: Taps, out: Uint8Array): void {
  const { inSize, outSize, first, offsets, weights } = taps;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const line = start + row * inSize;
    for (let i = 0; i < outSize; i++) {
      const end = offsets[i + 1]!;
      let x = line + first[i]!;
      let sum = half;
      for (let t = offsets[i]!; t < end; t++) sum += weights[t]! * source[x++]!;
      out[at++] = sum >> shift;
    }
  }
}

/**
 * Resamples along y into a part of a larger plane.
 * @param source taps.inSize × width samples.
 * @param sums [≥ width] scratch; whole rows are added up in it, because walking down columns would miss the cache.
 * @param out plane with rows of `stride` samples; taps.outSize rows of `width` samples are written from `start`.
 */
function resampleColumns(
  source: Uint8Array,
  width: number,
  taps: Taps,
  sums: Int32Array,
  out: Uint8Array,
  start: number,
  stride: number,
): void {
  const { outSize, first, offsets, weights } = taps;
  for (let i = 0; i < outSize; i++) {
    const begin = offsets[i]!;
    const end = offsets[i + 1]!;
    let line = first[i]! * width;
    for (let x = 0; x < width; x++) sums[x] = half;
    for (let t = begin; t < end; t++, line += width) {
      const weight = weights[t]!;
      for (let x = 0; x < width; x++) sums[x]! += weight * source[line + x]!;
    }
    const to = start + i * stride;
    for (let x = 0; x < width; x++) out[to + x] = sums[x]! >> shift;
  }
}
