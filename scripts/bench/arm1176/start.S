/* Entry of the program, and the one division of the ARM ABI whose result C cannot express (four registers). */
  .arm
  .syntax unified
  .text

  .global _start
_start:
  ldr r0, [sp]
  add r1, sp, #4
  bic sp, sp, #7
  bl main
  bl bench_exit

/* r0:r1 / r2:r3: quotient in r0:r1, remainder in r2:r3. */
  .global __aeabi_uldivmod
__aeabi_uldivmod:
  push {r4, lr}
  sub sp, sp, #16
  add r4, sp, #8
  str r4, [sp]
  bl bench_divide_long
  ldrd r2, r3, [sp, #8]
  add sp, sp, #16
  pop {r4, pc}
  .section .note.GNU-stack, "", %progbits
