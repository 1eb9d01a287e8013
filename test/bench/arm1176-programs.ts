/** Assembly programs for the ARM1176 model's tests: sequences of instructions, each in a section of its own. */

export interface Sequence {
  /** Instructions between `; `, local labels as `1:`. r7, r8 and r10 are the harness's, r2 and r3 are set for it. */
  readonly code: string;
}

/** What the harness adds to each section: two moves and the system call that ends it. */
export const overhead = 3;

const lines = (code: string) => code.replaceAll("; ", "\n  ");
const cycle = [...Array(16).keys()].map((n) => `  fmsr s${n}, r0`).join("\n");

const begin = (section: string) => `
  mov r7, #20
  ldr r8, =0x584e4f52
  mov r0, r8
  mov r1, ${section}
  svc 0`;

const end = `
  mov r0, r8
  mov r1, #0
  svc 0`;

function program(main: string, functions: string): string {
  return `
  .arm
  .syntax unified
  .arch armv6k
  .fpu vfp
  .text
  .global main
main:
  push {r4-r11, lr}
  mov r0, #0x3f800000
${cycle}
  ldr r2, =area
  str r2, [r2]
${main}
  mov r0, #0
  pop {r4-r11, pc}
  .ltorg

quiet: @ until nothing is on its way anymore
  mov r11, #400
1:
  subs r11, r11, #1
  bne 1b
  bx lr
${functions}
  .bss
  .balign 4096
area: .space 65536
  .section .note.GNU-stack, "", %progbits
`;
}

/** Sequence i in section i + 1, once. r2 and r3 hold the address of a word that holds its own address, r4 0, r5 4. */
export function programOf(sequences: readonly Sequence[], functions = ""): string {
  const sections = sequences.map(
    ({ code }, i) => `
  bl quiet
  ldr r2, =area
  mov r3, r2
  mov r4, #0
  mov r5, #4
  .rept 8
  mov r9, r9
  .endr
${begin(`#${i + 1}`)}
  ${lines(code)}
${end}
  b 9f
  .ltorg
9:`,
  );
  return program(sections.join("\n"), functions);
}

/**
 * Sequence i in section i + 1, after a first time outside of all sections, by which its instructions, branches and page
 * are known. r2 and r3 hold the starts of two lines that nothing has touched.
 */
export function warmProgramOf(sequences: readonly Sequence[]): string {
  const calls = sequences.flatMap((_, i) =>
    [0, 1].map(
      (pass) => `
  bl quiet
  ldr r2, =area + ${64 + (2 * i + pass) * 160}
  add r3, r2, #64
  mov r10, #${pass * (i + 1)}
  bl sequence_${i}`,
    ),
  );
  const functions = sequences.map(
    ({ code }, i) => `
  .balign 32
sequence_${i}:
${begin("r10")}
  ${lines(code)}
${end}
  bx lr
  .ltorg`,
  );
  return program(`${calls.join("\n")}\n  b 9f\n  .ltorg\n9:`, functions.join("\n"));
}
