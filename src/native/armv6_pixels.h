/* Binary convolutions of small maps by look-up. */
#ifndef XNOR_ARMV6_PIXELS_H
#define XNOR_ARMV6_PIXELS_H

#include "kernels.h"

/* Whether a map has so few pixels, and so many channels, that this is cheaper than armv6_lookup.h. */
bool xnor_pixels_suit(const struct xnor_conv *conv);
bool xnor_pixels_prepare(struct xnor_conv *conv, const uint32_t *words);
void xnor_pixels_band(const struct xnor_conv *conv, const uint32_t *signs);
void xnor_pixels_row(const struct xnor_conv *conv, int row, int32_t *sums);

#endif
