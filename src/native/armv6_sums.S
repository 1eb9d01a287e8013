@ void xnor_matches_to_sums(const uint32_t *acc, size_t buffer_bytes, size_t buffers, uint32_t n_pair, int32_t *sums,
@                           size_t step_bytes, size_t pixels)
@ 16 outputs a pixel: matches m, 8-bit lanes in four words, added over the buffers -> sums 2m - n as 32-bit words;
@ n_pair holds n in both halves; the sums of the next pixel stand step_bytes further.
  .arm
  .syntax unified
  .arch armv6
  .text
  .global xnor_matches_to_sums
  .hidden xnor_matches_to_sums
  .type xnor_matches_to_sums, %function
  .balign 32

@ r4-r7 even lanes, r8-r11 odd lanes of the four words, as pairs of 16 bits; r2, r3, r12, lr for the words.
  .macro FOUR_SUMS even, odd
  add \even, \even, \even
  add \odd, \odd, \odd
  ldr r2, [sp, #8]
  ssub16 \even, \even, r2
  ssub16 \odd, \odd, r2
  sxth r2, \even
  sxth r3, \odd
  mov r12, \even, asr #16
  mov lr, \odd, asr #16
  stmia r1!, {r2, r3, r12, lr}
  .endm

xnor_matches_to_sums:
  push {r1-r11, lr}             @ [sp] buffer_bytes, [sp, #4] buffers, [sp, #8] n_pair
  ldr r1, [sp, #48]             @ sums; then [sp, #52] step_bytes, [sp, #56] pixels
1:
  ldm r0, {r2, r3, r12, lr}
  pld [r0, #64]
  uxtb16 r4, r2
  uxtb16 r8, r2, ror #8
  uxtb16 r5, r3
  uxtb16 r9, r3, ror #8
  ldr r2, [sp, #4]
  uxtb16 r6, r12
  uxtb16 r10, r12, ror #8
  uxtb16 r7, lr
  uxtb16 r11, lr, ror #8
  subs r2, r2, #1
  beq 3f
  push {r0}
2:
  str r2, [sp, #-4]!
  ldr r2, [sp, #8]
  add r0, r0, r2
  ldm r0, {r2, r3, r12, lr}
  pld [r0, #64]
  uxtab16 r4, r4, r2
  uxtab16 r8, r8, r2, ror #8
  ldr r2, [sp], #4
  uxtab16 r5, r5, r3
  uxtab16 r9, r9, r3, ror #8
  uxtab16 r6, r6, r12
  uxtab16 r10, r10, r12, ror #8
  subs r2, r2, #1
  uxtab16 r7, r7, lr
  uxtab16 r11, r11, lr, ror #8
  bne 2b
  pop {r0}
3:
  FOUR_SUMS r4, r8
  FOUR_SUMS r5, r9
  FOUR_SUMS r6, r10
  FOUR_SUMS r7, r11
  ldr r2, [sp, #52]
  ldr r3, [sp, #56]
  sub r1, r1, #64
  add r0, r0, #16
  add r1, r1, r2
  subs r3, r3, #1
  str r3, [sp, #56]
  bne 1b
  pop {r1-r11, pc}
  .section .note.GNU-stack, "", %progbits
