/* Plain C, for any CPU. */
#include <string.h>

#include "gather.h"

#define LANES 8

#define pack_signs xnor_pack_signs

static void multiply_signs(int taps, int pixels, const uint32_t *patches, const uint32_t *weight, int32_t out[][LANES]) {
  for (int p = 0; p < pixels; p++) {
    int32_t sums[LANES] = {0};
    for (int t = 0; t < taps; t++) {
      const uint32_t word = patches[(size_t)p * taps + t];
      for (int lane = 0; lane < LANES; lane++) sums[lane] += (int32_t)xnor_popcount(word ^ weight[t * LANES + lane]);
    }
    memcpy(out[p], sums, sizeof sums);
  }
}

static void multiply_bytes(int taps, int pixels, const uint32_t *patches, const uint32_t *weight, int32_t out[][LANES]) {
  for (int p = 0; p < pixels; p++) {
    int32_t sums[LANES] = {0};
    for (int t = 0; t < taps; t++) {
      const uint32_t pair = patches[(size_t)p * taps + t];
      const int32_t low = (int16_t)pair, high = (int16_t)(pair >> 16);
      for (int lane = 0; lane < LANES; lane++) {
        const uint32_t w = weight[t * LANES + lane];
        sums[lane] += low * (int16_t)w + high * (int16_t)(w >> 16);
      }
    }
    memcpy(out[p], sums, sizeof sums);
  }
}

#include "conv.inl"
#include "combine.inl"
#include "post.inl"
#include "threshold.inl"

static bool supported(void) { return true; }

const struct xnor_kernels xnor_portable = {
    "portable", supported, prepare_binary, prepare_int8, NULL, binary_row, NULL, int8_row, post_row,
    threshold_row, combine,
};
