/*
 * Division, for which the chip has no instruction. Debian's libgcc brings these functions in Thumb-2, which an ARM1176
 * cannot run; they are the ones that the compiler calls (Run-time ABI for the Arm Architecture, 4.3.1).
 */
#include <stdint.h>

/* Quotient and remainder in r0 and r1. */
static uint64_t divide(uint32_t numerator, uint32_t denominator) {
  if (denominator == 0) return 0;
  uint32_t quotient = 0;
  if (numerator >= denominator) {
    int shift = __builtin_clz(denominator) - __builtin_clz(numerator);
    for (uint32_t part = denominator << shift; shift >= 0; shift--, part >>= 1) {
      quotient <<= 1;
      if (numerator >= part) {
        numerator -= part;
        quotient |= 1;
      }
    }
  }
  return (uint64_t)numerator << 32 | quotient;
}

static uint32_t magnitude(int32_t value) { return value < 0 ? 0 - (uint32_t)value : (uint32_t)value; }

uint64_t __aeabi_uidivmod(uint32_t numerator, uint32_t denominator) { return divide(numerator, denominator); }

uint32_t __aeabi_uidiv(uint32_t numerator, uint32_t denominator) { return (uint32_t)divide(numerator, denominator); }

/* The quotient is cut off toward 0, the remainder has the sign of the numerator. */
uint64_t __aeabi_idivmod(int32_t numerator, int32_t denominator) {
  const uint64_t result = divide(magnitude(numerator), magnitude(denominator));
  const uint32_t quotient = (uint32_t)result, remainder = (uint32_t)(result >> 32);
  const uint32_t signed_quotient = (numerator < 0) == (denominator < 0) ? quotient : 0 - quotient;
  const uint32_t signed_remainder = numerator < 0 ? 0 - remainder : remainder;
  return (uint64_t)signed_remainder << 32 | signed_quotient;
}

int32_t __aeabi_idiv(int32_t numerator, int32_t denominator) {
  return (int32_t)(uint32_t)__aeabi_idivmod(numerator, denominator);
}
