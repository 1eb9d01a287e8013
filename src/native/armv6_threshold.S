@ Signs of sums by thresholds: threshold.h.
  .arm
  .syntax unified
  .arch armv6
  .text

@ void xnor_armv6_threshold_row(const struct xnor_thresholds *thresholds, const int32_t *sums, int width, int channels,
@                               uint32_t *signs)
@ r0 least, r1 sums, r2 inverted, r3 signs, r12 a word of them, lr what is left of a pixel
@ While two channels are compared, those behind them are loaded.
  .macro LOAD s0, s1, l0, l1
  ldmia r1!, {r\s0, r\s1}
  ldmia r0!, {r\l0, r\l1}
  .endm
  .macro COMPARE s0, s1, l0, l1, bit
  cmp r\s0, r\l0
  eorge r12, r12, #(1 << (\bit))
  cmp r\s1, r\l1
  eorge r12, r12, #(2 << (\bit))
  .endm

#define THRESHOLDS [sp]
#define WIDTH [sp, #4]
#define CHANNELS [sp, #8]
#define SIGNS [sp, #48]           /* behind 12 registers */

  .global xnor_armv6_threshold_row
  .hidden xnor_armv6_threshold_row
  .type xnor_armv6_threshold_row, %function
  .balign 32
xnor_armv6_threshold_row:
  push {r0, r2, r3, r4-r11, lr}
  ldr r3, SIGNS
1:
  ldr lr, THRESHOLDS
  ldr r4, CHANNELS
  ldm lr, {r0, r2}
  movs lr, r4, lsr #5
  beq 3f
2:                                @ 32 channels
  ldr r12, [r2], #4
  LOAD 4, 5, 6, 7
  .irp bit, 0, 4, 8, 12, 16, 20, 24, 28
  LOAD 8, 9, 10, 11
  COMPARE 4, 5, 6, 7, \bit
  .if \bit < 28
  LOAD 4, 5, 6, 7
  .endif
  COMPARE 8, 9, 10, 11, (\bit + 2)
  .endr
  subs lr, lr, #1
  str r12, [r3], #4
  bne 2b
  ldr r4, CHANNELS
3:
  ands lr, r4, #31
  beq 5f
  ldr r12, [r2]
  mov r6, #1
4:                                @ one by one, those that fill no word
  ldr r4, [r1], #4
  ldr r5, [r0], #4
  cmp r4, r5
  eorge r12, r12, r6
  mov r6, r6, lsl #1
  subs lr, lr, #1
  bne 4b
  str r12, [r3], #4
5:
  ldr r4, WIDTH
  subs r4, r4, #1
  str r4, WIDTH
  bne 1b
  add sp, sp, #12
  pop {r4-r11, pc}
  .section .note.GNU-stack, "", %progbits
