/* What the variants for 32-bit ARM share. */
#ifndef XNOR_ARMV6_H
#define XNOR_ARMV6_H

#include "kernels.h"

bool xnor_armv6_prepare_binary(struct xnor_conv *conv, const uint32_t *weight);
bool xnor_armv6_prepare_int8(struct xnor_conv *conv, const int8_t *weight);
void xnor_armv6_binary_band(const struct xnor_conv *conv, const uint32_t *signs, int y, int rows, int32_t *sums);
void xnor_armv6_binary_row(const struct xnor_conv *conv, const uint32_t *signs, int y, int row, int32_t *sums);
void xnor_armv6_int8_row(const struct xnor_conv *conv, const int8_t *bytes, int y, int row, int32_t *sums);
void xnor_armv6_post_row(const struct xnor_post *post, int y, const int32_t *sums, float *values);
void xnor_armv6_threshold_row(const struct xnor_thresholds *thresholds, const int32_t *sums, int width, int channels,
                              uint32_t *signs);
void xnor_armv6_combine(const struct xnor_combine *how, const int32_t *part, size_t pixels, int32_t *sums);

#endif
