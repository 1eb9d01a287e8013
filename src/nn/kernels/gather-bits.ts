import { onesWord, wordsFor } from "../bits.ts";
import type { MapShape } from "../shape.ts";
import type { PaddingSign, Window } from "./kernels.ts";

/**
 * The words of the window of output pixel (outX, outY): `kernel × kernel × words`, every channel outside the map being
 * `outside`; a 0 stands for −1 there, and does not count.
 *
 * @param first where the map begins in `bits`: several may follow each other
 * @param counted gets a 1 for each bit that counts; needed where `outside` is 0, elsewhere all do
 * @returns how many count
 */
export function gatherBits(
  bits: Int32Array,
  first: number,
  shape: MapShape,
  { kernel, stride, padding }: Window,
  outside: PaddingSign,
  outY: number,
  outX: number,
  patch: Int32Array,
  counted?: Int32Array,
): number {
  const words = wordsFor(shape.channels);
  let filled = 0;
  let taps = 0;
  for (let row = 0; row < kernel; row++) {
    const y = outY * stride - padding + row;
    for (let column = 0; column < kernel; column++) {
      const x = outX * stride - padding + column;
      const inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
      const counts = inside || outside !== 0;
      if (counts) taps++;
      const from = first + (y * shape.width + x) * words;
      for (let word = 0; word < words; word++, filled++) {
        const padded = outside === 1 ? onesWord(shape.channels, word) : 0;
        patch[filled] = inside ? bits[from + word]! : padded;
        if (counted !== undefined) counted[filled] = counts ? onesWord(shape.channels, word) : 0;
      }
    }
  }
  return taps * shape.channels;
}
