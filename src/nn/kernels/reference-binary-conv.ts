import { onesWord, popcount, wordsFor } from "../bits.ts";
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
    const { kernel, stride, padding } = window;
    const words = wordsFor(shape.channels);
    const patchWords = kernel * kernel * words;
    if (patch.length < patchWords) patch = new Int32Array(patchWords);
    const gathered = patch;
    const outputs = outShape.channels;
    const n = kernel * kernel * shape.channels;
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++) {
        let filled = 0;
        for (let row = 0; row < kernel; row++) {
          const y = outY * stride - padding + row;
          for (let column = 0; column < kernel; column++) {
            const x = outX * stride - padding + column;
            const inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
            const from = (y * shape.width + x) * words;
            for (let word = 0; word < words; word++) {
              const outside = paddingSign === 1 ? onesWord(shape.channels, word) : 0;
              gathered[filled++] = inside ? bits[from + word]! : outside;
            }
          }
        }
        for (let o = 0, w = 0; o < outputs; o++) {
          let different = 0;
          for (let i = 0; i < patchWords; i++) different += popcount(gathered[i]! ^ weight[w++]!);
          out[position++] = n - 2 * different;
        }
      }
    }
  };
}
