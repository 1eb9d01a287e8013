import { describe, expect, it } from "vitest";
import { planMemory } from "../../src/nn/memory-plan.ts";
import { randomFrom } from "../../src/random.ts";

describe("planMemory", () => {
  it("lets a map take the place of one that is no longer read", () => {
    const plan = planMemory([
      { bytes: 640, from: 0, until: 1 },
      { bytes: 64, from: 1, until: 2 },
      { bytes: 640, from: 2, until: 3 },
    ]);
    expect(plan.bytes).toBe(704);
    expect(plan.offsets[2]).toBe(plan.offsets[0]);
  });

  it("never lets two maps overlap that live at the same time", () => {
    const random = randomFrom(1);
    for (let round = 0; round < 200; round++) {
      const lifetimes = Array.from({ length: 20 }, (_, from) => ({
        bytes: 1 + Math.floor(random() * 1000),
        from,
        until: from + Math.floor(random() * 6),
      }));
      const { offsets, bytes } = planMemory(lifetimes);
      for (const [i, a] of lifetimes.entries()) {
        expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
        for (const [j, b] of lifetimes.entries()) {
          if (i === j || a.from > b.until || b.from > a.until) continue;
          const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!;
          expect(apart).toBe(true);
        }
      }
    }
  });

  it("puts large maps that live at the same time into sets of the cache and the TLB of their own", () => {
    // 64 channels of 64×48 single-precision values: six times the 128 KB after which the sets come round.
    const bytes = 64 * 64 * 48 * 4;
    const { offsets } = planMemory(Array.from({ length: 4 }, () => ({ bytes, from: 0, until: 1 })));
    const pages = offsets.map((offset) => Math.floor(offset / 4096) % 32);
    const lines = offsets.map((offset) => Math.floor(offset / 32) % 128);
    expect(new Set(pages).size).toBe(4);
    expect(new Set(lines).size).toBe(4);
  });
});
