@ A row of an 8-bit convolution: sums of products of 16-bit pairs, two products an instruction (SMLAD).
@
@ void xnor_smlad(const uint32_t *patches, const uint32_t *weights, int32_t *sums, size_t groups, size_t runs,
@                 size_t pixels, size_t step_bytes)
@ patches: for each pixel `runs` runs of two pairs; weights: for each group of four outputs (runs, 2, 4) pairs; the sums of
@ the next pixel stand step_bytes further. A group's weights stay in the cache for all pixels. Weights are read 16 bytes
@ beyond their end, patches 8; both begin at multiples of 8. 0.85 instructions a product.
  .arm
  .syntax unified
  .arch armv6
  .text
  .global xnor_smlad
  .hidden xnor_smlad
  .type xnor_smlad, %function
  .balign 32

@ r0 patch, r1 weights, r4-r7 sums, r8-r11 weights; \a0, \a1 the run's pairs, loaded before; \b0, \b1 the next.
  .macro RUN a0, a1, b0, b1
  smlad r4, \a0, r8, r4
  smlad r5, \a0, r9, r5
  ldrd r8, r9, [r1], #8
  smlad r6, \a0, r10, r6
  smlad r7, \a0, r11, r7
  ldrd r10, r11, [r1], #8
  ldmia r0!, {\b0, \b1}
  smlad r4, \a1, r8, r4
  smlad r5, \a1, r9, r5
  ldrd r8, r9, [r1], #8
  smlad r6, \a1, r10, r6
  smlad r7, \a1, r11, r7
  ldrd r10, r11, [r1], #8
  .endm

#define PATCHES [sp]
#define GROUP_WEIGHTS [sp, #4]
#define GROUP_SUMS [sp, #8]
#define GROUPS [sp, #12]
#define PIXEL [sp, #16]
#define TO [sp, #20]
#define RUNS [sp, #60]
#define PIXELS [sp, #64]
#define STEP [sp, #68]

xnor_smlad:
  push {r4-r11, lr}
  sub sp, sp, #24
  str r0, PATCHES
  str r1, GROUP_WEIGHTS
  str r2, GROUP_SUMS
  str r3, GROUPS
1:                              @ a group
  ldr r0, PATCHES
  ldr r2, PIXELS
  ldr r3, GROUP_SUMS
  str r2, PIXEL
  str r3, TO
  ldmia r0!, {r2, r3}
2:                              @ a pixel
  ldr r1, GROUP_WEIGHTS
  ldr lr, RUNS
  mov r4, #0
  mov r5, #0
  ldrd r8, r9, [r1], #8
  ldrd r10, r11, [r1], #8
  mov r6, #0
  mov r7, #0
  tst lr, #1
  beq 3f
  RUN r2, r3, r12, lr
  mov r2, r12
  mov r3, lr
  ldr lr, RUNS
3:
  tst lr, #2
  beq 4f
  RUN r2, r3, r12, lr
  RUN r12, lr, r2, r3
  ldr lr, RUNS
4:
  movs lr, lr, lsr #2
  beq 6f
5:
  push {lr}
  RUN r2, r3, r12, lr
  RUN r12, lr, r2, r3
  RUN r2, r3, r12, lr
  RUN r12, lr, r2, r3
  pop {lr}
  subs lr, lr, #1
  bne 5b
6:
  ldr r12, TO
  ldr r8, STEP
  ldr lr, PIXEL
  stmia r12, {r4-r7}
  add r12, r12, r8
  subs lr, lr, #1
  str r12, TO
  str lr, PIXEL
  bne 2b
  sub r1, r1, #16               @ what was loaded ahead
  ldr r2, GROUP_SUMS
  ldr r3, GROUPS
  str r1, GROUP_WEIGHTS
  add r2, r2, #16
  subs r3, r3, #1
  str r2, GROUP_SUMS
  str r3, GROUPS
  bne 1b
  add sp, sp, #24
  pop {r4-r11, pc}
  .section .note.GNU-stack, "", %progbits
