/* What all variants share: memory, and the patches of a row of the output. */
#ifndef XNOR_GATHER_H
#define XNOR_GATHER_H

#include "kernels.h"

/* 64-byte aligned, zeroed; NULL when there is none. */
void *xnor_allocate(size_t bytes);
void xnor_release(void *memory);

/* `count` bytes -> (count + 1) / 2 words of two 16-bit values, the first in the lower half. */
void xnor_pair_bytes(const int8_t *bytes, size_t count, uint32_t *pairs);

/* Words of row y of the output: (width, kernel, kernel, words of in_channels). */
void xnor_gather_signs(const struct xnor_conv *conv, const uint32_t *signs, int y, uint32_t *patches);

/* Pairs of row y of the output: (width, taps). `patch` has room for kernel * kernel * in_channels bytes. */
void xnor_gather_bytes(const struct xnor_conv *conv, const int8_t *bytes, int y, int8_t *patch, uint32_t *patches);

/* Without an instruction for it: halves, quarters, eighths (Warren, Hacker's Delight, 5-1). */
static inline uint32_t xnor_popcount(uint32_t word) {
  word -= (word >> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >> 2) & 0x33333333);
  word = (word + (word >> 4)) & 0x0f0f0f0f;
  return (word * 0x01010101u) >> 24;
}

/* bit = value * scale + bias >= 0, 32 channels to a word; for variants that have no instruction for it. */
void xnor_pack_signs(const float *values, const float *scale, const float *bias, int channels, uint32_t *words);

#endif
