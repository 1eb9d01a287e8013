/* Binary convolutions of 3x3 by look-up. */
#ifndef XNOR_ARMV6_LOOKUP_H
#define XNOR_ARMV6_LOOKUP_H

#include "kernels.h"

bool xnor_lookup_prepare(struct xnor_conv *conv, const uint32_t *words);
void xnor_lookup_band(const struct xnor_conv *conv, const uint32_t *signs, int y, int rows);
void xnor_lookup_row(const struct xnor_conv *conv, int row, int32_t *sums);

#endif
