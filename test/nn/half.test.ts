import { describe, expect, it } from "vitest";
import { floatsOfHalves } from "../../src/nn/half.ts";

describe("half-precision numbers", () => {
  it("are read as what they stand for", () => {
    const halves: [bits: number, value: number][] = [
      [0x0000, 0],
      [0x3c00, 1],
      [0xc000, -2],
      [0x3555, 0.333251953125],
      [0x7bff, 65504],
      [0x0400, 2 ** -14],
      [0x0001, 2 ** -24],
      [0x83ff, -1023 * 2 ** -24],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
    ];
    const floats = floatsOfHalves(Uint16Array.from(halves, ([bits]) => bits));
    expect([...floats]).toEqual(halves.map(([, value]) => value));
  });

  it("keep the sign of zero", () => {
    expect(Object.is(floatsOfHalves(Uint16Array.of(0x8000))[0], -0)).toBe(true);
  });
});
