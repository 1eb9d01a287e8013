import type { ResamplerFactory, Taps } from "../image/resample.ts";
import type { NativeAddon } from "../nn/kernels/addon.ts";

/** Resamplers that compute in C: the same bytes, sooner. */
export function nativeResamplers(addon: NativeAddon): ResamplerFactory {
  return (x, y) => {
    const resampler = addon.createResampler(tableOf(x), tableOf(y));
    return {
      resample: (source, from, out, to, stride) => addon.resample(resampler, source, from, out, to, stride),
    };
  };
}

/** As `src/native/resample.h` reads it. */
function tableOf({ inSize, outSize, first, offsets, weights }: Taps): Int32Array {
  const table = new Int32Array(2 + first.length + offsets.length + weights.length);
  table.set([inSize, outSize]);
  table.set(first, 2);
  table.set(offsets, 2 + first.length);
  table.set(weights, 2 + first.length + offsets.length);
  return table;
}
