/*
 * Convolutions of more than one bit by the binary convolution of a variant, whatever it is tuned to.
 *
 * Activations of k bits come as k bit maps. A bit b of 0 or 1 is a sign 2b - 1, and where there is no pixel b is 0, a sign
 * of -1; so for plane i the binary convolution gives S = 2 * sum(b * w) - W, W being the sum of the channel's weights, and
 *
 *   the sum of 2^i * (S + W) / 2 over the planes = (the sum of 2^i * S + (2^k - 1) * W) / 2
 *
 * is what the k-bit activations give (DoReFa-Net, Zhou et al. 2016, eq. 3). Planes of weights are filters of their own,
 * whose sums are added with their own powers of two. Ternary weights are (u + v) / 2 of two binary ones, u being +1 and v
 * being -1 where the weight is 0.
 */
#ifndef XNOR_LOW_BIT_H
#define XNOR_LOW_BIT_H

#include "kernels.h"

struct xnor_low_bit {
  int planes;
  size_t plane_words; /* of one bit map of the input */
  struct xnor_combine combine;
  int32_t *constants; /* (channels), which combine reads */
};

static inline bool xnor_is_low_bit(int32_t source) {
  return source == XNOR_SOURCE_PLANE_CONV || source == XNOR_SOURCE_TERNARY_CONV;
}

/* Makes `conv`, which has all but its weights, a binary convolution of all filters. False: out of memory. */
bool xnor_low_bit_prepare(const struct xnor_kernels *kernels, const struct xnor_stage *stage, const uint8_t *tensors,
                          struct xnor_conv *conv, struct xnor_low_bit *low);

/* Elements of the room that xnor_low_bit_band needs. */
size_t xnor_low_bit_elements(const struct xnor_kernels *kernels, const struct xnor_conv *conv);

/* The sums of `rows` rows of the output, from row y on, to `sums` (rows, width, channels). */
void xnor_low_bit_band(const struct xnor_kernels *kernels, const struct xnor_conv *conv, const struct xnor_low_bit *low,
                       const uint32_t *bits, int y, int rows, int32_t *room, int32_t *sums);

#endif
