/* ARMv6: each convolution in the way that is the cheapest for its shape. */
#include "armv6.h"

#include <string.h>

#include "armv6_lookup.h"
#include "armv6_passes.h"
#include "armv6_pixels.h"
#include "gather.h"

#define pack_signs xnor_pack_signs
#define OWN_INT8
#define LANES 4

/* The look-ups are for windows of 3x3 at stride 1 or 2; others are rare. */
static bool by_lookup(const struct xnor_conv *conv) { return conv->kernel == XNOR_KERNEL && conv->stride <= 2; }

static void multiply_signs(int taps, int pixels, const uint32_t *patches, const uint32_t *weight, int32_t out[][LANES]) {
  for (int p = 0; p < pixels; p++, patches += taps) {
    for (int lane = 0; lane < LANES; lane++) out[p][lane] = 0;
    for (int t = 0; t < taps; t++) {
      for (int lane = 0; lane < LANES; lane++) out[p][lane] += (int32_t)xnor_popcount(patches[t] ^ weight[t * LANES + lane]);
    }
  }
}

#include "conv.inl"
#include "combine.inl"
#include "post.inl"

bool xnor_armv6_prepare_binary(struct xnor_conv *conv, const uint32_t *weight) {
  if (xnor_pixels_suit(conv)) return xnor_pixels_prepare(conv, weight);
  return by_lookup(conv) ? xnor_lookup_prepare(conv, weight) : prepare_binary(conv, weight);
}

void xnor_armv6_binary_band(const struct xnor_conv *conv, const uint32_t *signs, int y, int rows, int32_t *sums) {
  (void)sums;
  if (xnor_pixels_suit(conv)) {
    xnor_pixels_band(conv, signs);
  } else if (by_lookup(conv)) {
    xnor_lookup_band(conv, signs, y, rows);
  }
}

void xnor_armv6_binary_row(const struct xnor_conv *conv, const uint32_t *signs, int y, int row, int32_t *sums) {
  if (xnor_pixels_suit(conv)) {
    xnor_pixels_row(conv, row, sums);
  } else if (by_lookup(conv)) {
    xnor_lookup_row(conv, row, sums);
  } else {
    binary_row(conv, signs, y, row, sums);
  }
}

void xnor_armv6_post_row(const struct xnor_post *post, int y, const int32_t *sums, float *values) {
  post_row(post, y, sums, values);
}

void xnor_armv6_combine(const struct xnor_combine *how, const int32_t *part, size_t pixels, int32_t *sums) {
  combine(how, part, pixels, sums);
}

static bool supported(void) { return true; }

const struct xnor_kernels xnor_armv6 = {
    "armv6", supported, xnor_armv6_prepare_binary, xnor_armv6_prepare_int8, xnor_armv6_binary_band,
    xnor_armv6_binary_row, NULL, xnor_armv6_int8_row, xnor_armv6_post_row,
    xnor_armv6_threshold_row, xnor_armv6_combine,
};
