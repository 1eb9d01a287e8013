import { onesWord, wordsFor } from "../bits.ts";
import type { MapShape } from "../shape.ts";
import type { PaddingSign, Window } from "./kernels.ts";

/**
 * The words of the window of output pixel (outX, outY): `kernel × kernel × words`, every channel outside the map being
 * `outside`; a 0 stands for −1 there, and `gatherCounted` says so.
 *
 * @param first where the map begins in `bits`: several may follow each other
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
): void {
  const words = wordsFor(shape.channels);
  let filled = 0;
  for (let row = 0; row < kernel; row++) {
    const y = outY * stride - padding + row;
    for (let column = 0; column < kernel; column++) {
      const x = outX * stride - padding + column;
      const inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
      const from = first + (y * shape.width + x) * words;
      for (let word = 0; word < words; word++) {
        const padded = outside === 1 ? onesWord(shape.channels, word) : 0;
        patch[filled++] = inside ? bits[from + word]! : padded;
      }
    }
  }
}

/**
 * Which bits of the same window count: all of them, but where `outside` is 0 those inside the map alone.
 *
 * @returns how many
 */
export function gatherCounted(
  shape: MapShape,
  { kernel, stride, padding }: Window,
  outside: PaddingSign,
  outY: number,
  outX: number,
  counted: Int32Array,
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
      for (let word = 0; word < words; word++)
        counted[filled++] = counts ? onesWord(shape.channels, word) : 0;
    }
  }
  return taps * shape.channels;
}
