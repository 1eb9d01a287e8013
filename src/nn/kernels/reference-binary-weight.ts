import { wordsFor } from "../bits.ts";
import type { Kernels } from "./kernels.ts";
import { gather } from "./reference-conv.ts";

const { fround } = Math;

/**
 * Bytes by weights of ±1, additions and subtractions only. As in the other convolutions, windows are gathered once, in a
 * buffer that is kept.
 */
export function createBinaryWeightConv(): Kernels["binaryWeightConv"] {
  let patch = new Int8Array(0);

  return (x, shape, window, weight, out, outShape) => {
    const { channels } = shape;
    const words = wordsFor(channels);
    const taps = window.kernel * window.kernel;
    if (patch.length < taps * channels) patch = new Int8Array(taps * channels);
    const gathered = patch;
    let position = 0;
    for (let y = 0; y < outShape.height; y++) {
      for (let column = 0; column < outShape.width; column++) {
        gather(x, shape, window, y, column, gathered);
        for (let o = 0, filter = 0; o < outShape.channels; o++) {
          let sum = 0;
          for (let tap = 0; tap < taps; tap++, filter += words) {
            for (let c = 0; c < channels; c++) {
              const value = gathered[tap * channels + c]!;
              sum += isSet(weight, filter, c) ? value : -value;
            }
          }
          out[position++] = sum;
        }
      }
    }
  };
}

/** Real values by weights of ±1: the same, in single precision, four channels of a tap before they meet the sum. */
export function createRealBinaryWeightConv(): Kernels["realBinaryWeightConv"] {
  let patch = new Float32Array(0);

  return (x, shape, window, weight, scale, bias, out, outShape) => {
    const { channels } = shape;
    const words = wordsFor(channels);
    const taps = window.kernel * window.kernel;
    if (patch.length < taps * channels) patch = new Float32Array(taps * channels);
    const gathered = patch;
    let position = 0;
    for (let y = 0; y < outShape.height; y++) {
      for (let column = 0; column < outShape.width; column++) {
        gather(x, shape, window, y, column, gathered);
        for (let o = 0, filter = 0; o < outShape.channels; o++) {
          let sum = 0;
          for (let tap = 0; tap < taps; tap++, filter += words) {
            for (let first = 0; first < channels; first += 4) {
              let four = 0;
              for (let c = first; c < Math.min(first + 4, channels); c++) {
                const value = gathered[tap * channels + c]!;
                four = fround(isSet(weight, filter, c) ? four + value : four - value);
              }
              sum = fround(sum + four);
            }
          }
          out[position++] = fround(sum * scale[o]!) + bias[o]!;
        }
      }
    }
  };
}

function isSet(weight: Int32Array, filter: number, channel: number): boolean {
  return ((weight[filter + (channel >>> 5)]! >>> (channel & 31)) & 1) === 1;
}
