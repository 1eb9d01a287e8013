import { popcount, wordsFor } from "../bits.ts";
import { gatherBits } from "./gather-bits.ts";
import type { Kernels } from "./kernels.ts";

/**
 * Binary convolution by xor and popcount: Σ aᵢ·wᵢ = n − 2·popcount(a xor w) over the n bits of a window
 * that count.
 *
 * The words of a pixel's window are gathered once and meet the weights of every output channel. The buffer for
 * them grows to the largest window and is kept, so that a network that has run once allocates nothing more.
 */
export function createBinaryConv(): Kernels["binaryConv"] {
  let patch = new Int32Array(0);
  let mask = new Int32Array(0);

  return (bits, shape, window, paddingSign, weight, out, outShape) => {
    const patchWords = window.kernel * window.kernel * wordsFor(shape.channels);
    if (patch.length < patchWords) {
      patch = new Int32Array(patchWords);
      mask = new Int32Array(patchWords);
    }
    const gathered = patch;
    // Where the whole window counts, its inner loop does without.
    const counted = paddingSign === 0 ? mask : undefined;
    const outputs = outShape.channels;
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++) {
        const n = gatherBits(bits, 0, shape, window, paddingSign, outY, outX, gathered, counted);
        for (let o = 0, w = 0; o < outputs; o++) {
          let different = 0;
          if (counted === undefined) {
            for (let i = 0; i < patchWords; i++) different += popcount(gathered[i]! ^ weight[w++]!);
          } else {
            for (let i = 0; i < patchWords; i++)
              different += popcount((gathered[i]! ^ weight[w++]!) & counted[i]!);
          }
          out[position++] = n - 2 * different;
        }
      }
    }
  };
}
