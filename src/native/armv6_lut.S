@ Look-up accumulation for an ARM1176: no popcount, no NEON, 16 KB of cache.
@
@ void xnor_lut_<L>_<G>(uint32_t *acc, const uint16_t *offsets, size_t pixels, const uint32_t *tables)
@ void xnor_lut_step_<L>_<G>(...)   for a convolution of stride 2
@ xnor_lut_first_<L>_<G>, xnor_lut_step_first_<L>_<G> take the accumulators for 0, whatever they hold
@
@ The three taps of a kernel row at once, so that accumulators and offsets come from memory a third as often. A pixel has
@ L byte offsets into the tables of a tap; a row of a table is 16 output channels as 8-bit lanes in four words. Tables:
@ (3 taps, L, 2^G rows). In plain C, for stride S:
@   for (p = 0; p < pixels; p++) for (tap = 0; tap < 3; tap++) for (l = 0; l < L; l++) for (k = 0; k < 4; k++)
@     acc[4 * p + k] += tables[tap * L * 4 << G | offsets[(S * p + tap) * L + l] / 4 + k];
@ gcc 12 -O3 takes 11.5 instructions for a look-up, this 6.5, and 12 for a pixel. Two rows are in flight, so that a load's
@ three cycles are filled; what streams by is fetched 64 bytes ahead. Offsets are read up to 8 bytes beyond their end.
  .arm
  .syntax unified
  .arch armv6
  .text

@ r0 tables, r1 offsets, r2-r5 accumulators, r6-r9 and r10-lr table rows. No register is left for acc and its end: they
@ lie behind the tables, whose page is in use anyway, while the stack's would take one more entry of the TLB.
  .macro PAIR_OFFSETS
  uxtah r6, r0, r10
  add r10, r0, r10, lsr #16
  .endm
  .macro ROW_B cond=al
  ldm\cond r10, {r10, r11, r12, lr}
  .endm
  .macro ROW_A cond=al
  ldm\cond r6, {r6-r9}
  .endm

@ Adds to an accumulator, or begins it.
  .macro START_B acc, row, first
  .if \first && k == 1
  mov \acc, \row
  .else
  add \acc, \acc, \row
  .endif
  .endm

  .macro LUT_ROW name, L, G, stride, first
  .global \name
  .hidden \name
  .type \name, %function
  .balign 32
\name:
  push {r4-r11, lr}
  add r12, r0, r2, lsl #4
  mov r11, r0
  mov r0, r3
  add lr, r0, #(3 * \L * 16 << \G)
  stm lr, {r11, r12}
  ldr r10, [r1], #4
  .if !\first
  ldm r11, {r2-r5}
  .endif
  PAIR_OFFSETS
  ROW_B
  ROW_A
1:
  .set k, 0
  .rept (\L * 3 - 2) / 2
  .set k, k + 1
  START_B r2, r10, \first
  ldr r10, [r1], #4
  START_B r3, r11, \first
  .if k == 1
  pld [r1, #64]
  .endif
  START_B r4, r12, \first
  START_B r5, lr, \first
  .if (k % (\L / 2)) == 0
  add r0, r0, #(\L * 16 << \G)  @ the next tap's tables
  .endif
  add r2, r2, r6
  PAIR_OFFSETS
  add r3, r3, r7
  ROW_B
  add r4, r4, r8
  add r5, r5, r9
  ROW_A
  .endr
  add r2, r2, r10
  sub r1, r1, #((3 - \stride) * \L * 2)
  add r3, r3, r11
  ldr r11, [r0, #(\L * 16 << \G)]
  add r4, r4, r12
  ldr r12, [r0, #((\L * 16 << \G) + 4)]
  ldr r10, [r1], #4
  add r2, r2, r6
  add r3, r3, r7
  add r4, r4, r8
  add r5, r5, lr
  add r5, r5, r9
  stmia r11!, {r2-r5}
  .if !\first
  pld [r11, #64]
  .endif
  str r11, [r0, #(\L * 16 << \G)]
  sub r0, r0, #(2 * \L * 16 << \G)
  PAIR_OFFSETS
  cmp r11, r12
  .if !\first
  ldmne r11, {r2-r5}
  .endif
  ROW_B ne
  ROW_A ne
  bne 1b
  pop {r4-r11, pc}
  .endm

  .macro LUT L, G
  LUT_ROW xnor_lut_\L\()_\G, \L, \G, 1, 0
  LUT_ROW xnor_lut_step_\L\()_\G, \L, \G, 2, 0
  LUT_ROW xnor_lut_first_\L\()_\G, \L, \G, 1, 1
  LUT_ROW xnor_lut_step_first_\L\()_\G, \L, \G, 2, 1
  .endm
  LUT 2, 4
  LUT 4, 4
  LUT 2, 5
  LUT 4, 5
  LUT 2, 6
  .section .note.GNU-stack, "", %progbits
