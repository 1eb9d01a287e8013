/**
 * Instruction sequences with the cycles that the ARM1176JZF-S Technical Reference Manual (ARM DDI 0301H) gives them,
 * as text or by its tables. r2 and r3 hold the address of a word that holds its own address, r4 holds 0, r5 4, s0 to s15
 * 1.
 */
export interface TimingCase {
  readonly rule: string;
  readonly code: string;
  readonly instructions: number;
  readonly cycles: number;
}

export const timingCases: readonly TimingCase[] = [
  // 16.2, register interlock examples.
  {
    rule: "a load and an addition that does not need it take two cycles",
    code: "ldr r1, [r2]; add r6, r5, r4",
    instructions: 2,
    cycles: 2,
  },
  {
    rule: "a result of an addition is there a cycle later",
    code: "add r1, r2, r3; add r9, r6, r1",
    instructions: 2,
    cycles: 2,
  },
  {
    rule: "a loaded register is there three cycles later",
    code: "ldr r1, [r2]; add r6, r5, r1",
    instructions: 2,
    cycles: 4,
  },
  {
    rule: "an address is needed a cycle early",
    code: "add r1, r2, #0; ldr r5, [r1]",
    instructions: 2,
    cycles: 3,
  },
  {
    rule: "a loaded address is needed a cycle early",
    code: "ldr r1, [r2]; ldr r5, [r1]",
    instructions: 2,
    cycles: 5,
  },
  // 16.3, data processing.
  {
    rule: "a shifted operand is needed a cycle early",
    code: "add r1, r4, r5; add r6, r4, r1, lsl #2",
    instructions: 2,
    cycles: 3,
  },
  {
    rule: "a shift by a register takes two cycles, and its distance is needed early",
    code: "add r1, r4, r5; add r6, r4, r5, lsl r1",
    instructions: 2,
    cycles: 4,
  },
  {
    rule: "an instruction that fails its condition takes its cycle",
    code: "cmp r2, r2; addne r1, r4, r5; addne r1, r4, r5",
    instructions: 3,
    cycles: 3,
  },
  // 16.5, media.
  {
    rule: "four additions of bytes take a cycle",
    code: "uadd8 r1, r4, r5; uadd8 r1, r1, r5; sel r6, r1, r4",
    instructions: 3,
    cycles: 3,
  },
  {
    rule: "an extended register is needed a cycle early",
    code: "add r1, r4, r5; uxtab16 r6, r4, r1",
    instructions: 2,
    cycles: 3,
  },
  // 16.6, sums of absolute differences.
  {
    rule: "a sum of absolute differences is there three cycles later",
    code: "usad8 r1, r2, r3; add r5, r6, r1",
    instructions: 2,
    cycles: 4,
  },
  {
    rule: "other work fills those cycles",
    code: "usad8 r1, r2, r3; mov r9, r9; mov r9, r9; add r5, r6, r1",
    instructions: 4,
    cycles: 4,
  },
  {
    rule: "the accumulator of another one has it a cycle earlier",
    code: "usad8 r1, r2, r3; usada8 r1, r4, r5, r1",
    instructions: 2,
    cycles: 3,
  },
  // 16.7, multiplies.
  {
    rule: "a 32-bit product takes two cycles and is there after four",
    code: "mul r1, r4, r5; add r6, r4, r1",
    instructions: 2,
    cycles: 5,
  },
  {
    rule: "a 64-bit product takes three cycles",
    code: "smull r1, r6, r4, r5; mov r9, r9",
    instructions: 2,
    cycles: 4,
  },
  {
    rule: "independent SMLADs issue one a cycle",
    code: "smlad r1, r2, r3, r4; smlad r5, r2, r3, r4; smlad r6, r2, r3, r4; smlad r9, r2, r3, r4",
    instructions: 4,
    cycles: 4,
  },
  {
    rule: "SMLADs into the same accumulator issue every other cycle",
    code: "smlad r1, r2, r3, r1; smlad r1, r2, r3, r1; smlad r1, r2, r3, r1",
    instructions: 3,
    cycles: 5,
  },
  {
    rule: "a factor is needed a cycle early",
    code: "ldr r1, [r2]; smlad r4, r1, r3, r4",
    instructions: 2,
    cycles: 5,
  },
  // 16.10, single loads and stores.
  {
    rule: "a load by a register shifted by two takes a cycle, by three two",
    code: "ldr r1, [r2, r4, lsl #2]; mov r9, r9; ldr r1, [r2, r4, lsl #3]; mov r9, r9",
    instructions: 4,
    cycles: 5,
  },
  {
    rule: "what is stored is needed a cycle late",
    code: "ldr r1, [r2]; str r1, [r3, #8]",
    instructions: 2,
    cycles: 3,
  },
  {
    rule: "an address that was stepped by the load before is there at once",
    code: "ldr r1, [r3], #4; ldr r5, [r3], #4; ldr r6, [r3], #4",
    instructions: 3,
    cycles: 3,
  },
  {
    rule: "an unaligned word takes the load unit for two cycles and is there one later",
    code: "ldr r1, [r2, #2]; ldr r5, [r2, #8]; add r6, r4, r1",
    instructions: 3,
    cycles: 5,
  },
  // 16.11, double words.
  {
    rule: "an aligned double word takes one cycle",
    code: "ldrd r4, r5, [r2]; ldrd r10, r11, [r2, #8]; mov r9, r9",
    instructions: 3,
    cycles: 3,
  },
  {
    rule: "one at an odd word takes the load unit for two",
    code: "ldrd r4, r5, [r2, #4]; ldrd r10, r11, [r2, #8]; mov r9, r9",
    instructions: 3,
    cycles: 4,
  },
  // 16.12, multiple loads and stores.
  {
    rule: "the third register of a multiple load is there after four cycles",
    code: "mov r0, r2; ldmia r0, {r1-r6, r9}; add r10, r10, r3",
    instructions: 3,
    cycles: 1 + 1 + 5,
  },
  {
    rule: "the sixth register of a multiple store may be written after four cycles",
    code: "stmia r3, {r1, r2, r4, r5, r6, r9, r10}; add r9, r10, r11",
    instructions: 2,
    cycles: 5,
  },
  {
    rule: "four registers take the load unit for two cycles",
    code: "ldmia r2, {r4, r5, r6, r9}; ldr r10, [r3]",
    instructions: 2,
    cycles: 3,
  },
  {
    rule: "four registers at an odd word take it for three",
    code: "add r0, r2, #4; mov r9, r9; ldmia r0, {r4, r5, r6, r9}; ldr r10, [r3]",
    instructions: 4,
    cycles: 6,
  },
  {
    rule: "arithmetic goes on behind a multiple load",
    code: "ldmia r2, {r4, r5, r6, r9}; mov r10, r10; mov r11, r11; add r1, r4, r5",
    instructions: 4,
    cycles: 4,
  },
  // 21.4 and 21.11, VFP.
  {
    rule: "a sum that depends on another one of the VFP stalls for seven cycles (example 21-1)",
    code: "fadds s1, s2, s3; fadds s8, s9, s1",
    instructions: 2,
    cycles: 1 + 7 + 1,
  },
  {
    rule: "a store is not forwarded to: it stalls for eight",
    code: "fadds s1, s2, s3; fsts s1, [r2, #8]",
    instructions: 2,
    cycles: 1 + 8 + 1,
  },
  {
    rule: "the core goes on meanwhile",
    code: "fadds s1, s2, s3; mov r9, r9; mov r9, r9; mov r9, r9",
    instructions: 4,
    cycles: 4,
  },
  {
    rule: "independent multiply-accumulates issue one a cycle",
    code: "fmacs s1, s2, s3; fmacs s4, s2, s3; fmacs s5, s2, s3; fmacs s6, s2, s3",
    instructions: 4,
    cycles: 4,
  },
  {
    rule: "divisions come every 15 cycles",
    code: "fdivs s1, s2, s3; fdivs s4, s2, s3",
    instructions: 2,
    cycles: 16,
  },
  {
    rule: "in double precision products come every other cycle",
    code: "fmuld d1, d2, d3; fmuld d4, d2, d3; fmuld d5, d2, d3",
    instructions: 3,
    cycles: 5,
  },
  {
    rule: "a register moved to the core is there after two cycles",
    code: "fmrs r1, s1; add r4, r4, r1",
    instructions: 2,
    cycles: 3,
  },
  // 21.6 and 21.10, short vectors. FMXR waits for the last result.
  {
    rule: "a vector of four occupies the pipeline for four cycles",
    code: "fmrx r1, fpscr; orr r4, r1, #0x30000; fmxr fpscr, r4; fadds s16, s24, s8; fadds s20, s28, s12; fmxr fpscr, r1",
    instructions: 6,
    cycles: 2 + 1 + 1 + 4 + 3 + 8 + 1,
  },
  {
    rule: "one that depends on it waits for its last element",
    code: "fmrx r1, fpscr; orr r4, r1, #0x30000; fmxr fpscr, r4; fadds s16, s24, s8; fadds s20, s16, s12; fmxr fpscr, r1",
    instructions: 6,
    cycles: 2 + 1 + 1 + 3 + 8 + 3 + 8 + 1,
  },
  {
    rule: "a result in the first bank is a scalar",
    code: "fmrx r1, fpscr; orr r4, r1, #0x30000; fmxr fpscr, r4; fadds s1, s24, s8; fadds s2, s28, s12; fmxr fpscr, r1",
    instructions: 6,
    cycles: 2 + 1 + 1 + 1 + 8 + 1,
  },
  // 16.8 and 5.2, branches.
  {
    rule: "a loop: first predicted statically (4), then folded (0), at its end mispredicted (7)",
    code: "mov r4, #10; 1: subs r4, r4, #1; bne 1b",
    instructions: 1 + 20,
    cycles: 1 + 10 + 4 + 8 * 0 + 7,
  },
  {
    rule: "a misprediction costs less the longer ago the flags were set",
    code: "cmp r2, r2; mov r9, r9; mov r9, r9; beq 1f; mov r9, r9; 1:",
    instructions: 4,
    cycles: 3 + 5,
  },
  {
    rule: "a call (4 the first time) returns by the return stack in four cycles",
    code: "bl 1f; b 2f; 1: bx lr; 2:",
    instructions: 3,
    cycles: 4 + 4 + 4,
  },
  {
    rule: "a jump to a register takes five cycles",
    code: "adr r1, 1f; mov r9, r9; bx r1; 1:",
    instructions: 3,
    cycles: 1 + 1 + 5,
  },
];

/** What the memory costs in `memoryCases`, core cycles. */
export const memoryCosts = { fill: 75, fill_bus: 45, write_bus: 25, walk: 150 };

const otherWork = Array.from({ length: 120 }, () => "mov r9, r9").join("; ");

/** r2 and r3 hold the starts of two lines that no cache has. */
export const memoryCases: readonly { rule: string; code: string; cycles: number }[] = [
  { rule: "nothing else costs anything", code: "mov r9, r9", cycles: 1 },
  { rule: "a load waits for its line", code: "ldr r1, [r2]; add r4, r4, r1", cycles: 75 + 4 },
  {
    rule: "other work goes on while a line is on its way",
    code: "ldr r1, [r2]; mov r9, r9; mov r9, r9",
    cycles: 3,
  },
  {
    rule: "a second line waits until the memory has sent the first",
    code: "ldr r1, [r2]; ldr r5, [r3]; add r4, r4, r5",
    cycles: 45 + 75 + 4,
  },
  {
    rule: "a third line waits for one of two that are on their way",
    code: "ldr r1, [r2]; ldr r5, [r3]; ldr r6, [r3, #32]; mov r9, r9",
    cycles: 75 + 2,
  },
  {
    rule: "the rest of a line is there with its first word",
    code: "ldr r1, [r2]; add r4, r4, r1; ldr r1, [r2, #28]; add r4, r4, r1",
    cycles: 75 + 4 + 4,
  },
  {
    rule: "a multiple load has the words of the first line before those of the second",
    code: "add r0, r2, #24; mov r9, r9; ldmia r0, {r4, r5, r6, r9}; add r1, r5, r5; mov r11, r11",
    cycles: 2 + 75 + 4 + 1,
  },
  {
    rule: "a line that was preloaded in time costs nothing",
    code: `str r4, [r2, #-64]; pld [r2]; ${otherWork}; ldr r1, [r2]; add r4, r4, r1`,
    cycles: 2 + 120 + 4,
  },
  {
    rule: "a store that misses goes to the write buffer and brings no line",
    code: "str r4, [r2]; ldr r1, [r2]; add r4, r4, r1",
    cycles: 25 + 75 + 4,
  },
  {
    rule: "stores to one line are one write",
    code: "str r4, [r2]; str r4, [r2, #4]; str r4, [r2, #28]; ldr r1, [r3]; add r4, r4, r1",
    cycles: 25 + 75 + 4,
  },
];
