@ The pass behind a convolution in short vectors: the VFP11 of an ARM1176 runs one instruction over 8 registers of a bank
@ (s8-s15, s16-s23, s24-s31; what stands in s0-s7 is a scalar). Later cores lack this: see arm1176.c.
@
@ FMACS rounds the product, then the sum, as the reference does. Channels come in groups of 8.
  .arm
  .syntax unified
  .arch armv6
  .fpu vfpv2
  .text

#define LENGTH_4 0x00030000
#define LENGTH_8 0x00070000

  .macro ENTRY name
  .global \name
  .hidden \name
  .type \name, %function
  .balign 32
\name:
  .endm

@ Keeps the caller's FPSCR in `saved`, sets the vectors' length; `s` is for scratch.
  .macro VECTORS_ON saved, s, length=LENGTH_8
  fmrx \saved, fpscr
  bic \s, \saved, #0x00370000
  orr \s, \s, #\length
  fmxr fpscr, \s
  .endm

@ void name(const struct affine_args *args): fields in the order of the registers below.
@   value = sum * scale + bias (+ shortcut), then value > 0 ? value : value * slope; to `values` and to `real`
@ r0 sums, r1 scale, r2 bias, r3 shortcut, r4 slope, r5 values, r6 real, r7 groups of 8 channels; r10 those of a pixel,
@ r11 pixels, r12 bytes of a pixel
@ `values` is read again and stays in the cache; `real` is only written, and a store never brings a line into it.
@
@ A result of a vector of n is there n + 7 cycles after it began, and the next step begins when all are there. So 8
@ channels are two vectors of 4 that take turns, each at work while the other one waits: 11 cycles for a step, not 15.
@
@ The activation without a branch: n = x - |x| is 0 or 2x, p = x - n * 0.5 is x or 0, both exact; p + n * (slope * 0.5)
@ is x or x * slope, rounded once.
  .macro BOTH op, to, from, with
  \op s\to, s\from, s\with
  .ifc \with, 0
  VECTOR_B \op, (\to + 4), (\from + 4), 0
  .else
  VECTOR_B \op, (\to + 4), (\from + 4), (\with + 4)
  .endif
  .endm
  .macro VECTOR_B op, to, from, with
  .altmacro
  VECTOR_B2 \op, %\to, %\from, %\with
  .noaltmacro
  .endm
  .macro VECTOR_B2 op, to, from, with
  \op s\to, s\from, s\with
  .endm

  .macro AFFINE name, shortcut, slope
  ENTRY \name
  push {r4-r11, lr}
  vpush {s16-s31}
  VECTORS_ON r8, r9, LENGTH_4
  mov r9, #0x3f000000           @ 0.5
  fmsr s0, r9
  ldr r11, [r0, #32]
  ldm r0, {r0-r7}
  mov r10, r7
  mov r12, r7, lsl #5
  fldmias r0!, {s8-s15}
  fldmias r1!, {s24-s31}
  .irp s, 8, 9, 10, 11, 12, 13, 14, 15
  fsitos s\s, s\s
  .endr
1:
  fldmias r2!, {s16-s23}
  pld [r0, #64]
  subs r7, r7, #1
  BOTH fmacs, 16, 8, 24
  .if \shortcut
  fldmias r3!, {s8-s11}
  fldmias r3!, {s12-s15}
  pld [r3, #64]
  BOTH fadds, 16, 16, 8
  .endif
  .if \slope
  fldmias r4!, {s8-s15}
  fabss s24, s16
  fabss s28, s20
  BOTH fsubs, 24, 16, 24
  BOTH fmuls, 8, 8, 0
  BOTH fnmacs, 16, 24, 0
  BOTH fmacs, 16, 24, 8
  .endif
  bne 3f
  subs r11, r11, #1
  beq 2f
  mov r7, r10
  sub r1, r1, r12
  sub r2, r2, r12
  .if \slope
  sub r4, r4, r12
  .endif
3:
  fldmias r0!, {s8-s15}
  fldmias r1!, {s24-s31}
  .irp s, 8, 9, 10, 11, 12
  fsitos s\s, s\s
  .endr
  fstmias r5!, {s16-s23}
  .irp s, 13, 14, 15
  fsitos s\s, s\s
  .endr
  fstmias r6!, {s16-s23}
  b 1b
2:
  fstmias r5!, {s16-s23}
  fstmias r6!, {s16-s23}
  fmxr fpscr, r8
  vpop {s16-s31}
  pop {r4-r11, pc}
  .endm

  AFFINE xnor_vfp_affine, 0, 0
  AFFINE xnor_vfp_affine_slope, 0, 1
  AFFINE xnor_vfp_affine_shortcut, 1, 0
  AFFINE xnor_vfp_affine_shortcut_slope, 1, 1

@ void xnor_vfp_signs(const float *values, const float *scale, const float *bias, uint32_t *words, size_t count,
@                     size_t pixels)
@ `count` words for each of the pixels; bit = value * scale + bias >= 0, 32 to a word. A zero is positive: the caller sees to it that no bias is -0.
@ While the core packs 8 signs, the VFP computes the next 8; what it needs for those behind them is loaded meanwhile.
  .macro LOAD_8
  fldmias r0!, {s8-s15}
  fldmias r1!, {s24-s31}
  .endm
  .macro FETCH_8
  fmrrs r4, r5, {s16, s17}
  fmrrs r6, r7, {s18, s19}
  fmrrs r8, r9, {s20, s21}
  fmrrs r10, r11, {s22, s23}
  .endm
  .macro PACK registers:vararg
  .irp r, \registers
  movs r\r, r\r, lsl #1         @ the sign to the carry,
  mov r12, r12, rrx             @ the carry to the top
  .endr
  .endm

#define COUNT [sp, #104]          /* behind 4 + 64 + 36 bytes */
#define PIXELS [sp, #108]

  ENTRY xnor_vfp_signs
  push {r4-r11, lr}
  vpush {s16-s31}
  VECTORS_ON r5, lr
  push {r5}
  ldr lr, COUNT
  fldmias r2!, {s16-s23}
  LOAD_8
  fmacs s16, s8, s24
1:
  .rept 3
  LOAD_8
  FETCH_8
  fldmias r2!, {s16-s23}
  PACK 4, 5, 6
  fmacs s16, s8, s24
  PACK 7, 8, 9, 10, 11
  .endr
  subs lr, lr, #1
  bne 3f
  ldr r4, PIXELS
  ldr lr, COUNT
  subs r4, r4, #1
  str r4, PIXELS
  beq 2f
  sub r1, r1, lr, lsl #7
  sub r2, r2, lr, lsl #7
3:
  LOAD_8
  FETCH_8
  fldmias r2!, {s16-s23}
  PACK 4, 5, 6
  fmacs s16, s8, s24
  PACK 7, 8, 9, 10, 11
  mvn r12, r12                  @ a sign of 1 is a bit of 0
  str r12, [r3], #4
  b 1b
2:
  FETCH_8
  PACK 4, 5, 6, 7, 8, 9, 10, 11
  mvn r12, r12
  str r12, [r3], #4
  pop {r5}
  fmxr fpscr, r5
  vpop {s16-s31}
  pop {r4-r11, pc}

@ void xnor_vfp_bytes(const float *values, const float *scale, int8_t *out, size_t groups, size_t pixels)
@ `groups` of 8 channels for each of the pixels; out = floor(clamp(value * scale, -128, 127) + 128.5) - 128; clamped behind the rounding, which gives the same.
  ENTRY xnor_vfp_bytes
  push {r4-r11, lr}
  vpush {s16-s31}
  VECTORS_ON r12, r4
  ldr r4, =0x43008000           @ 128.5
  push {r12}
  ldr lr, =0x80808080
  fmsr s0, r4
  mov r12, r3
1:
  fldmias r0!, {s8-s15}
  fldmias r1!, {s24-s31}
  fcpys s16, s0
  subs r3, r3, #1
  fmacs s16, s8, s24
  .irp s, 16, 17, 18, 19, 20, 21, 22, 23
  ftosizs s\s, s\s
  .endr
  FETCH_8
  .irp r, 4, 5, 6, 7, 8, 9, 10, 11
  usat r\r, #8, r\r
  .endr
  orr r4, r4, r5, lsl #8
  orr r8, r8, r9, lsl #8
  orr r4, r4, r6, lsl #16
  orr r8, r8, r10, lsl #16
  orr r4, r4, r7, lsl #24
  orr r8, r8, r11, lsl #24
  eor r4, r4, lr
  eor r8, r8, lr
  stmia r2!, {r4, r8}
  bne 1b
  ldr r4, [sp, #104]            @ pixels
  mov r3, r12
  subs r4, r4, #1
  str r4, [sp, #104]
  sub r1, r1, r12, lsl #5
  bne 1b
  pop {r12}
  fmxr fpscr, r12
  vpop {s16-s31}
  pop {r4-r11, pc}
  .ltorg

@ void xnor_vfp_mean(const float *upper, const float *lower, size_t channels, float *out): mean over 2x2, `channels` a
@ multiple of 8; the right neighbors stand `channels` further.
  ENTRY xnor_vfp_mean
  push {r4-r7, lr}
  vpush {s16-s31}
  VECTORS_ON r12, r4
  mov r4, #0x3e800000           @ 0.25
  fmsr s0, r4
  add r5, r0, r2, lsl #2
  add r6, r1, r2, lsl #2
1:
  fldmias r0!, {s8-s15}
  fldmias r5!, {s16-s23}
  fldmias r1!, {s24-s31}
  fadds s8, s8, s16
  pld [r0, #32]
  pld [r5, #32]
  fldmias r6!, {s16-s23}
  subs r2, r2, #8
  fadds s8, s8, s24
  pld [r1, #32]
  pld [r6, #32]
  fadds s8, s8, s16
  fmuls s8, s8, s0
  fstmias r3!, {s8-s15}
  bne 1b
  fmxr fpscr, r12
  vpop {s16-s31}
  pop {r4-r7, pc}
  .section .note.GNU-stack, "", %progbits
