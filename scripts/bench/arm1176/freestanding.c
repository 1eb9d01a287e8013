#include "freestanding.h"

#include <stdlib.h>
#include <string.h>

#define SYS_EXIT 1
#define SYS_READ 3
#define SYS_WRITE 4
#define SYS_OPEN 5
#define SYS_CLOSE 6
#define SYS_LSEEK 19
#define SYS_MMAP2 192

#define SEEK_SET 0
#define SEEK_END 2
#define PROT_READ_WRITE 3
#define MAP_PRIVATE_ANONYMOUS_NORESERVE 0x4022

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b;
  register long r2 __asm__("r2") = c;
  register long r3 __asm__("r3") = d;
  register long r4 __asm__("r4") = e;
  register long r5 __asm__("r5") = f;
  register long r7 __asm__("r7") = number;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7) : "memory");
  return r0;
}

static char output[4096];
static size_t output_length;

void bench_flush(void) {
  size_t written = 0;
  while (written < output_length) {
    const long count = system_call(SYS_WRITE, 1, (long)(output + written), (long)(output_length - written), 0, 0, 0);
    if (count <= 0) break;
    written += (size_t)count;
  }
  output_length = 0;
}

void bench_print(const char *text) {
  for (; *text != '\0'; text++) {
    if (output_length == sizeof output) bench_flush();
    output[output_length++] = *text;
  }
}

void bench_print_number(uint64_t number) {
  char digits[21];
  size_t at = sizeof digits - 1;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  bench_print(digits + at);
}

_Noreturn void bench_exit(int status) {
  bench_flush();
  system_call(SYS_EXIT, status, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}

/* The allocator of a program that ends soon: one block, handed out from its start, never given back. */
#define HEAP_BYTES (512u << 20)

void *aligned_alloc(size_t alignment, size_t bytes) {
  static uint8_t *heap;
  static size_t used;
  if (heap == NULL) {
    const long at = system_call(SYS_MMAP2, 0, HEAP_BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
    if (at < 0 && at > -4096) return NULL;
    heap = (uint8_t *)at;
  }
  const size_t start = (used + alignment - 1) & ~(alignment - 1);
  if (start > HEAP_BYTES || bytes > HEAP_BYTES - start) return NULL;
  used = start + bytes;
  return heap + start;
}

void *bench_allocate(size_t bytes) { return aligned_alloc(64, bytes); }

void *malloc(size_t bytes) { return aligned_alloc(8, bytes); }

void free(void *memory) { (void)memory; }

const uint8_t *bench_read_file(const char *path, size_t *size) {
  const long file = system_call(SYS_OPEN, (long)path, 0, 0, 0, 0, 0);
  if (file < 0) return NULL;
  const long end = system_call(SYS_LSEEK, file, 0, SEEK_END, 0, 0, 0);
  system_call(SYS_LSEEK, file, 0, SEEK_SET, 0, 0, 0);
  uint8_t *bytes = end > 0 ? aligned_alloc(64, (size_t)end) : NULL;
  long read = 0;
  while (bytes != NULL && read < end) {
    const long count = system_call(SYS_READ, file, (long)(bytes + read), end - read, 0, 0, 0);
    if (count <= 0) return NULL;
    read += count;
  }
  system_call(SYS_CLOSE, file, 0, 0, 0, 0, 0);
  *size = (size_t)read;
  return bytes;
}

/* memset and memcpy move eight words at a time, as a C library's for this chip would. */

void *memset(void *to, int value, size_t count) {
  uint8_t *byte = to;
  while (count > 0 && ((uintptr_t)byte & 3) != 0) {
    *byte++ = (uint8_t)value;
    count--;
  }
  register uint32_t a __asm__("r3") = (uint8_t)value * 0x01010101u;
  register uint32_t b __asm__("r4") = a;
  register uint32_t c __asm__("r5") = a;
  register uint32_t d __asm__("r6") = a;
  for (; count >= 32; count -= 32) {
    __asm__ volatile("stmia %0!, {r3-r6}\n\tstmia %0!, {r3-r6}" : "+r"(byte) : "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
  }
  for (; count >= 4; count -= 4, byte += 4) *(uint32_t *)byte = a;
  while (count-- > 0) *byte++ = (uint8_t)a;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if ((((uintptr_t)target | (uintptr_t)source) & 3) == 0) {
    for (; count >= 32; count -= 32) {
      __asm__ volatile("ldmia %0!, {r3-r10}\n\tstmia %1!, {r3-r10}"
                       : "+r"(source), "+r"(target)
                       :
                       : "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "memory");
    }
    for (; count >= 4; count -= 4, target += 4, source += 4) *(uint32_t *)target = *(const uint32_t *)source;
  }
  while (count-- > 0) *target++ = *source++;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target <= source || target >= source + count) return memcpy(to, from, count);
  while (count-- > 0) target[count] = source[count];
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  const uint8_t *left = a;
  const uint8_t *right = b;
  for (; count > 0; count--, left++, right++) {
    if (*left != *right) return *left - *right;
  }
  return 0;
}

/* Division as the ARM ABI names it; the ARM1176 has no instruction for it, and libgcc's is Thumb-2. */

/* Quotient in the low half, remainder in the high half: as r0 and r1 of __aeabi_uidivmod. */
static uint64_t divide(uint32_t numerator, uint32_t denominator) {
  if (denominator == 0) return 0;
  uint32_t quotient = 0;
  uint32_t remainder = numerator;
  if (numerator >= denominator) {
    int shift = __builtin_clz(denominator) - __builtin_clz(numerator);
    for (; shift >= 0; shift--) {
      if (remainder >> shift >= denominator) {
        remainder -= denominator << shift;
        quotient |= 1u << shift;
      }
    }
  }
  return (uint64_t)remainder << 32 | quotient;
}

uint64_t __aeabi_uidivmod(uint32_t numerator, uint32_t denominator) { return divide(numerator, denominator); }

uint32_t __aeabi_uidiv(uint32_t numerator, uint32_t denominator) { return (uint32_t)divide(numerator, denominator); }

uint64_t __aeabi_idivmod(int32_t numerator, int32_t denominator) {
  const uint32_t top = numerator < 0 ? 0u - (uint32_t)numerator : (uint32_t)numerator;
  const uint32_t bottom = denominator < 0 ? 0u - (uint32_t)denominator : (uint32_t)denominator;
  const uint64_t both = divide(top, bottom);
  uint32_t quotient = (uint32_t)both;
  uint32_t remainder = (uint32_t)(both >> 32);
  if ((numerator < 0) != (denominator < 0)) quotient = 0u - quotient;
  if (numerator < 0) remainder = 0u - remainder;
  return (uint64_t)remainder << 32 | quotient;
}

int32_t __aeabi_idiv(int32_t numerator, int32_t denominator) {
  return (int32_t)(uint32_t)__aeabi_idivmod(numerator, denominator);
}

/* Called by start.S: quotient of two 64-bit numbers, the remainder through a pointer. */
uint64_t bench_divide_long(uint64_t numerator, uint64_t denominator, uint64_t *remainder) {
  uint64_t quotient = 0;
  uint64_t rest = 0;
  for (int bit = 63; bit >= 0 && denominator != 0; bit--) {
    rest = rest << 1 | (numerator >> bit & 1);
    if (rest >= denominator) {
      rest -= denominator;
      quotient |= 1ull << bit;
    }
  }
  *remainder = rest;
  return quotient;
}
