@ A row resampled along x, two outputs at a time: see resample_armv6.c.
@
@ void xnor_paired_row_<R>(const uint16_t *first, const uint32_t *weights, const uint8_t *line, uint8_t *out,
@                          size_t pairs)
@ For each output R runs of four bytes from line + first on, and for each run the weights of bytes 0 and 2, and 1 and 3.
@ While an output is summed up, the words of the next one are loaded: `first` is read two entries beyond its end, where
@ offsets within the line must stand. gcc 12 takes twice the cycles.
  .arm
  .syntax unified
  .arch armv6
  .text

#define HALF 2048
#define SHIFT 12

@ r0 first, r1 weights, r2 line, r3 out, r4 for scratch, r8-r11 weights, lr sum
  .macro ENTRY name
  .global \name
  .hidden \name
  .type \name, %function
  .balign 32
\name:
  push {r4-r11, lr}
  ldr r6, [sp, #36]             @ pairs
  .endm

@ r5 and r7 words, r6 end of out, r12 the other sum
  ENTRY xnor_paired_row_1
  add r6, r3, r6, lsl #1
  ldrh r5, [r0], #2
  ldrh r7, [r0], #2
  ldr r5, [r5, r2]
  ldr r7, [r7, r2]
1:
  ldmia r1!, {r8-r11}
  uxtb16 r4, r5
  uxtb16 r5, r5, ror #8
  mov lr, #HALF
  smlad lr, r4, r8, lr
  uxtb16 r4, r7
  smlad lr, r5, r9, lr
  mov r12, #HALF
  smlad r12, r4, r10, r12
  ldrh r4, [r0], #2
  uxtb16 r7, r7, ror #8
  mov lr, lr, lsr #SHIFT
  smlad r12, r7, r11, r12
  add r4, r4, r2
  ldrh r7, [r0], #2
  ldr r5, [r4]
  mov r12, r12, lsr #SHIFT
  pld [r4, #64]
  ldr r7, [r7, r2]
  orr lr, lr, r12, lsl #8
  strh lr, [r3], #2
  cmp r3, r6
  bne 1b
  pop {r4-r11, pc}

@ r5, r6 words of the first output, r7, r12 of the second; r2 four bytes further; the end of out on the stack
  .macro SUM w0, w1
  uxtb16 r4, \w0
  uxtb16 \w0, \w0, ror #8
  mov lr, #HALF
  smlad lr, r4, r8, lr
  uxtb16 r4, \w1
  smlad lr, \w0, r9, lr
  uxtb16 \w1, \w1, ror #8
  smlad lr, r4, r10, lr
  ldrh \w0, [r0], #2
  smlad lr, \w1, r11, lr
  .endm

  ENTRY xnor_paired_row_2
  add r6, r3, r6, lsl #1
  push {r6}
  ldrh r5, [r0], #2
  ldrh r7, [r0], #2
  add r2, r2, #4
  ldr r6, [r5, r2]!
  ldr r12, [r7, r2]!
  ldr r5, [r5, #-4]
  ldr r7, [r7, #-4]
1:
  ldmia r1!, {r8-r11}
  SUM r5, r6
  ldmia r1!, {r8-r11}
  add r5, r5, r2
  mov lr, lr, lsr #SHIFT
  ldr r6, [r5]
  strb lr, [r3], #1
  pld [r5, #64]
  ldr r5, [r5, #-4]
  SUM r7, r12
  ldr r4, [sp]
  ldr r12, [r7, r2]!
  mov lr, lr, lsr #SHIFT
  strb lr, [r3], #1
  ldr r7, [r7, #-4]
  cmp r3, r4
  bne 1b
  pop {r4}
  pop {r4-r11, pc}
  .section .note.GNU-stack, "", %progbits
