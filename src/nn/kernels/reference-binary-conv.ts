import { popcount, wordsFor } from "../bits.ts";
import { gatherBits, gatherCounted } from "./gather-bits.ts";
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
    const taps = window.kernel * window.kernel;
    const patchWords = taps * wordsFor(shape.channels);
    if (patch.length < patchWords) {
      patch = new Int32Array(patchWords);
      mask = new Int32Array(patchWords);
    }
    const gathered = patch;
    const counted = mask;
    const outputs = outShape.channels;
    const isWhole = paddingSign !== 0; // the window: all of its bits count
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++) {
        gatherBits(bits, 0, shape, window, paddingSign, outY, outX, gathered);
        const n = isWhole
          ? taps * shape.channels
          : gatherCounted(shape, window, paddingSign, outY, outX, counted);
        for (let o = 0, w = 0; o < outputs; o++) {
          let different = 0;
          if (isWhole) {
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
