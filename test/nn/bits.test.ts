import { describe, expect, it } from "vitest";
import { onesWord, popcount, wordsFor } from "../../src/nn/bits.ts";

describe("signs as bits", () => {
  it("counts the bits of any word", () => {
    for (const word of [0, 1, -1, 0x80000000 | 0, 0x55555555, 0x12345678, -2, 0x7fffffff]) {
      const bits = (word >>> 0).toString(2).replaceAll("0", "").length;
      expect(popcount(word)).toBe(bits);
    }
  });

  it("needs a further word for each 32 channels begun", () => {
    expect([1, 32, 33, 64, 70].map(wordsFor)).toEqual([1, 1, 2, 2, 3]);
  });

  it("sets no bit that stands for no channel", () => {
    expect(onesWord(32, 0)).toBe(-1);
    expect(onesWord(33, 0)).toBe(-1);
    expect(onesWord(33, 1)).toBe(1);
    expect(onesWord(5, 0)).toBe(31);
  });
});
