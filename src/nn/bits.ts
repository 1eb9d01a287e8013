/**
 * Signs as bits. Channels are packed 32 to a word, the lowest channel in the least significant bit; bit 1
 * stands for +1, bit 0 for −1. Where the channels don't fill the last word, its upper bits are 0.
 *
 * Then, for two vectors of n signs, Σ aᵢ·bᵢ = n − 2·popcount(a xor b)  (XNOR-Net, Rastegari et al. 2016, eq. 10).
 */

export const wordBits = 32;

/** Words that hold `channels` bits. */
export function wordsFor(channels: number): number {
  return (channels + wordBits - 1) >>> 5;
}

/** The word of index `word` in a vector of `channels` ones: all bits set that stand for a channel. */
export function onesWord(channels: number, word: number): number {
  const bits = channels - word * wordBits;
  return bits >= wordBits ? -1 : (1 << bits) - 1;
}

/** Number of set bits of a 32-bit word. */
export function popcount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  n = (n + (n >>> 4)) & 0x0f0f0f0f;
  return Math.imul(n, 0x01010101) >>> 24;
}
