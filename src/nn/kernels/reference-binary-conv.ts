import { popcount, wordsFor } from "../bits.ts";
import { gatherBits } from "./gather-bits.ts";
import type { Kernels } from "./kernels.ts";

/**
 * Binary convolution by xor and popcount: Σ aᵢ·wᵢ = n − 2·popcount(a xor w) over the n bits of a window.
 *
 * The words of a pixel's window are gathered once and meet the weights of every output channel. The buffer for
 * them grows to the largest window and is kept, so that a network that has run once allocates nothing more.
 */
export function createBinaryConv(): Kernels["binaryConv"] {
  let patch = new Int32Array(0);

  return (bits, shape, window, paddingSign, weight, out, outShape) => {
    const taps = window.kernel * window.kernel;
    const patchWords = taps * wordsFor(shape.channels);
    if (patch.length < patchWords) patch = new Int32Array(patchWords);
    const gathered = patch;
    const outputs = outShape.channels;
    const n = taps * shape.channels;
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++) {
        gatherBits(bits, 0, shape, window, paddingSign, outY, outX, gathered);
        for (let o = 0, w = 0; o < outputs; o++) {
          let different = 0;
          for (let i = 0; i < patchWords; i++) different += popcount(gathered[i]! ^ weight[w++]!);
          out[position++] = n - 2 * different;
        }
      }
    }
  };
}
