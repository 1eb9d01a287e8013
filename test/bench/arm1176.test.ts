import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  buildPlugin,
  buildProgram,
  runCounted,
  type Section,
  whatIsMissing,
} from "../../scripts/bench/arm1176/toolchain.mjs";
import { memoryCases, memoryCosts, timingCases } from "./arm1176-cases.ts";
import { overhead, programOf, warmProgramOf } from "./arm1176-programs.ts";

const missing = whatIsMissing();
if (missing !== undefined) console.warn(`the ARM1176 model is not tested here: ${missing}`);

describe.skipIf(missing !== undefined)("the ARM1176 model", () => {
  let folder: string;
  let plugin: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-arm1176-"));
    plugin = buildPlugin(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const noCosts = { fill: 0, fill_bus: 0, write_bus: 0, walk: 0 };

  function measure(name: string, source: string, costs: Record<string, number> = noCosts): Section[] {
    const program = join(folder, name);
    writeFileSync(`${program}.S`, source);
    buildProgram(program, [`${program}.S`]);
    return runCounted(plugin, program, [], { costs }).sections;
  }

  describe("by the manual's tables", () => {
    let sections: Section[];
    beforeAll(() => {
      sections = measure("timing", programOf(timingCases));
    });

    it.each(timingCases.map((timing, i) => ({ ...timing, i })))("$rule: $cycles cycles", (timing) => {
      const { instructions, cyclesEstimated } = sections[timing.i]!;
      expect({ instructions: instructions - overhead, cycles: cyclesEstimated - overhead }).toEqual({
        instructions: timing.instructions,
        cycles: timing.cycles,
      });
    });
  });

  describe("with what a miss costs", () => {
    let sections: Section[];
    beforeAll(() => {
      sections = measure("memory", warmProgramOf(memoryCases), memoryCosts);
    });

    it.each(memoryCases.map((memory, i) => ({ ...memory, i })))("$rule: $cycles cycles", ({ i, cycles }) => {
      expect(sections[i]!.cyclesEstimated - overhead).toBe(cycles);
    });
  });

  describe("counting", () => {
    const read = (bytes: number) =>
      `mov r4, #${bytes / 32}; 1:; ldr r1, [r2], #32; subs r4, r4, #1; bne 1b; mov r9, r9`;
    const codes = [
      "ldmia r2, {r4-r6}; ldrb r4, [r2]; ldrd r4, r5, [r2]; strh r4, [r3, #8]; push {r4-r6}; pop {r4-r6}",
      "cmp r2, r2; ldrne r4, [r2]; ldreq r4, [r2]; smulbb r5, r4, r4; smlad r5, r4, r4, r5",
      "blx twice",
      read(8192),
      read(8192),
      read(65_536),
    ];
    const thumb = ".thumb\n.thumb_func\ntwice: adds r0, r0, r0\n  adds r0, r0, r0\n  bx lr\n  .arm";
    let sections: Section[];
    beforeAll(() => {
      const sequences = codes.map((code) => ({ code }));
      sections = measure("counting", programOf(sequences, thumb));
    });

    it("tells loads and stores by instruction and by word", () => {
      expect(sections[0]).toMatchObject({ loads: 4, loadWords: 3 + 1 + 2 + 3, stores: 2, storeWords: 1 + 3 });
    });

    it("tells multiplies, and takes an access whose condition fails for none", () => {
      expect(sections[1]).toMatchObject({
        instructions: 5 + overhead,
        loads: 1,
        loadWords: 1,
        multiplies: 2,
      });
    });

    it("tells Thumb code", () => {
      expect(sections[2]).toMatchObject({ instructions: 1 + 3 + overhead, thumb: 3 });
    });

    it("keeps 16 KB and no more, in lines of 32 bytes", () => {
      const [cold, again, larger] = sections.slice(3).map(({ dataMisses }) => dataMisses);
      expect(cold).toBeGreaterThanOrEqual(8192 / 32 - 4);
      expect(again).toBeLessThanOrEqual(4);
      expect(larger).toBeGreaterThanOrEqual((65_536 - 16_384) / 32);
    });
  });
});
