@ Look-up accumulation with pixels as lanes: see armv6_pixels.c. A row is 12 pixels, 8-bit lanes of three words, so that
@ two rows, the accumulators and all pointers fit the registers.
  .arm
  .syntax unified
  .arch armv6
  .text

  .macro ENTRY name
  .global \name
  .hidden \name
  .type \name, %function
  .balign 32
\name:
  .endm

@ void xnor_pixel_table(uint32_t *table, const uint32_t *delta)
@ 64 rows, row[i] = the sum of delta[k] over the bits k of i, by doubling: 5 instructions and cycles a row.
@ r0 to, r1 from, r2-r4 delta, r5-r7 and r8-r10 rows, r11 deltas.
  .macro DOUBLE N
  ldmia r11!, {r2-r4}
  sub r1, r0, #(\N * 12)
  ldmia r1!, {r5-r7}
  ldmia r1!, {r8-r10}
  add r5, r5, r2
  .rept \N / 2 - 1
  add r6, r6, r3
  add r7, r7, r4
  stmia r0!, {r5-r7}
  add r8, r8, r2
  ldmia r1!, {r5-r7}
  add r9, r9, r3
  add r10, r10, r4
  stmia r0!, {r8-r10}
  add r5, r5, r2
  ldmia r1!, {r8-r10}
  pld [r0, #64]                 @ a store brings no line into the cache
  .endr
  add r6, r6, r3
  add r7, r7, r4
  stmia r0!, {r5-r7}
  add r8, r8, r2
  add r9, r9, r3
  add r10, r10, r4
  stmia r0!, {r8-r10}
  .endm

  ENTRY xnor_pixel_table
  push {r4-r11}
  mov r11, r1
  mov r5, #0
  ldmia r11!, {r2-r4}
  mov r6, #0
  mov r7, #0
  stmia r0!, {r5-r7}
  stmia r0!, {r2-r4}
  ldmia r11!, {r5-r7}
  add r8, r2, r5
  add r9, r3, r6
  add r10, r4, r7
  stmia r0!, {r5-r10}
  DOUBLE 4
  DOUBLE 8
  DOUBLE 16
  DOUBLE 32
  pop {r4-r11}
  bx lr

@ void xnor_pixel_lut(uint32_t *acc, const uint16_t *offsets, size_t outputs, const uint32_t *tables)
@ In plain C:
@   for (o = 0; o < outputs; o++) for (l = 0; l < 8; l++) for (k = 0; k < 3; k++)
@     acc[3 * o + k] += tables[offsets[8 * o + l] / 4 + k];
@ Two rows are in flight: 5.5 instructions and cycles a look-up, 6 more an output. Reads 4 bytes of offsets beyond their
@ end, which must be some row's.
@ r0 tables, r1 offsets, r2-r4 accumulators, r5-r7 and r8-r10 rows, r11 acc, r12 its end.
  .macro ADD_PAIR
  add r2, r2, r8
  ldr lr, [r1], #4
  add r3, r3, r9
  add r4, r4, r10
  add r2, r2, r5
  add r8, r0, lr, lsr #16
  uxtah r5, r0, lr
  ldm r8, {r8-r10}
  add r3, r3, r6
  add r4, r4, r7
  .endm

  ENTRY xnor_pixel_lut
  push {r4-r11, lr}
  add r12, r2, r2, lsl #1
  mov r11, r0
  mov r0, r3
  add r12, r11, r12, lsl #2
  ldr lr, [r1], #4
  ldm r11, {r2-r4}
  add r8, r0, lr, lsr #16
  uxtah r5, r0, lr
  ldm r8, {r8-r10}
  ldm r5, {r5-r7}
1:
  .rept 3
  ADD_PAIR
  ldm r5, {r5-r7}
  .endr
  ADD_PAIR
  stmia r11!, {r2-r4}
  ldm r5, {r5-r7}
  cmp r11, r12
  ldmne r11, {r2-r4}
  pld [r1, #64]
  pld [r11, #64]
  bne 1b
  pop {r4-r11, pc}

@ void xnor_pixel_widen(uint32_t *acc, uint32_t *wide, size_t outputs)
@ Adds 8-bit lanes to 16-bit lanes, of which each word's lanes 0 and 2 come first; acc becomes 0.
  ENTRY xnor_pixel_widen
  push {r4-r11, lr}
  push {r2}
1:
  ldm r1, {r5-r10}
  ldm r0, {r3, r4, r11}
  pld [r1, #64]
  mov r2, #0
  mov r12, #0
  mov lr, #0
  uxtab16 r5, r5, r3
  uxtab16 r6, r6, r3, ror #8
  uxtab16 r7, r7, r4
  uxtab16 r8, r8, r4, ror #8
  stmia r0!, {r2, r12, lr}
  ldr r2, [sp]
  uxtab16 r9, r9, r11
  uxtab16 r10, r10, r11, ror #8
  stmia r1!, {r5-r10}
  subs r2, r2, #1
  str r2, [sp]
  bne 1b
  pop {r2}
  pop {r4-r11, pc}
  .section .note.GNU-stack, "", %progbits
