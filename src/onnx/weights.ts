import { wordsFor } from "../nn/bits.ts";
import type { Tensor } from "../nn/model-file.ts";

/** Extents of the weights of a convolution, as ONNX orders them. */
export interface Filters {
  readonly filters: number;
  readonly channels: number;
  readonly kernel: number;
}

export function dimsOf({ filters, channels, kernel }: Filters): number[] {
  return [filters, channels, kernel, kernel];
}

/** (filters, kernel, kernel, channels) → (filters, channels, kernel, kernel). */
export function channelsFirst(values: Float32Array, { channels, kernel }: Filters): Float32Array {
  const taps = kernel * kernel;
  const ordered = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const channel = at % channels;
    const tap = Math.floor(at / channels) % taps;
    const filter = Math.floor(at / channels / taps);
    ordered[(filter * channels + channel) * taps + tap] = values[at]!;
  }
  return ordered;
}

/**
 * Bits (…, channels as words) → ±1 (…, channels).
 * @param first of several such tensors in one: its position in words
 */
export function signsOf(
  words: Tensor["data"],
  first: number,
  { filters, channels, kernel }: Filters,
): Float32Array {
  const count = wordsFor(channels);
  return Float32Array.from({ length: filters * kernel * kernel * channels }, (_, at) => {
    const word = words[first + Math.floor(at / channels) * count + ((at % channels) >>> 5)]!;
    return ((word >>> ((at % channels) & 31)) & 1) * 2 - 1;
  });
}
