@ Tables for armv6_lut.S: 2^g rows of four words, row[i] = base + the sum of delta[k] over the bits k of i, by doubling.
@
@ void xnor_table_<g>(uint32_t *table, const uint32_t *delta /* g x 4 */, const uint32_t *base /* 4 */)
@
@ The table must be aligned to its size (16 << g bytes): the end of a loop is a bit of the address.
@ Per row: 6.3 (g = 8) to 7.5 (g = 3) instructions.
  .arm
  .syntax unified
  .arch armv6
  .text

@ One doubling of N >= 4 entries: r0 = dst (= table + 16 N), r1 = src (= table), r2,r3,r12,lr = delta.
  .macro ADD_A
  add r4, r4, r2
  add r5, r5, r3
  .endm
  .macro ADD_A2
  add r6, r6, r12
  add r7, r7, lr
  .endm
  .macro ADD_B
  add r8, r8, r2
  add r9, r9, r3
  .endm
  .macro ADD_B2
  add r10, r10, r12
  add r11, r11, lr
  .endm

@ Software pipelined by 4 words: 12 instructions and (model) 12 cycles for two entries.
  .macro DOUBLE_4 N
  ldmia r1!, {r4-r7}
  ldmia r1!, {r8-r11}
  ADD_A
  .if \N > 16
9:
  .rept 7
  ADD_A2
  stmia r0!, {r4-r7}
  ADD_B
  ldmia r1!, {r4-r7}
  ADD_B2
  stmia r0!, {r8-r11}
  ADD_A
  ldmia r1!, {r8-r11}
  pld [r0, #64]
  .endr
  ADD_A2
  stmia r0!, {r4-r7}
  ADD_B
  tst r1, #(\N * 16)
  ldmeq r1!, {r4-r7}
  ADD_B2
  stmia r0!, {r8-r11}
  ldmeq r1!, {r8-r11}
  addeq r4, r4, r2
  addeq r5, r5, r3
  beq 9b
  .else
  .rept (\N - 2) / 2
  ADD_A2
  stmia r0!, {r4-r7}
  ADD_B
  ldmia r1!, {r4-r7}
  ADD_B2
  stmia r0!, {r8-r11}
  ADD_A
  ldmia r1!, {r8-r11}
  pld [r0, #64]
  .endr
  ADD_A2
  stmia r0!, {r4-r7}
  ADD_B
  ADD_B2
  stmia r0!, {r8-r11}
  .endif
  .endm

@ The next delta, on the way there a line of the next table's base and deltas (`ahead` bytes further).
  .macro DELTA ahead
  ldr r1, [sp]
  ldmia r1!, {r2, r3, r12, lr}
  str r1, [sp]
  pld [r1, #\ahead]
  .endm

  .macro BUILD G, name
  .global \name
  .hidden \name
  .type \name, %function
  .balign 32
\name:
  push {r1, r4-r11, lr}
  ldm r2, {r4-r7}
  ldmia r1!, {r2, r3, r12, lr}
  str r1, [sp]
  add r8, r4, r2
  add r9, r5, r3
  add r10, r6, r12
  add r11, r7, lr
  stmia r0!, {r4-r11}
  DELTA (16 * \G - 32)
  ADD_A
  ADD_A2
  ADD_B
  ADD_B2
  stmia r0!, {r4-r11}
  .irp K, 2, 3, 4, 5
  .if \K < \G
  DELTA (16 * (\G + \K - 3))
  sub r1, r0, #(16 << \K)
  DOUBLE_4 (1 << \K)
  .endif
  .endr
  pop {r1, r4-r11, pc}
  .endm

  .irp G, 4, 5, 6
  BUILD \G, xnor_table_\G
  .endr
  .section .note.GNU-stack, "", %progbits
