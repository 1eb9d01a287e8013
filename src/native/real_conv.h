/* Real convolution: of networks in real numbers, and of what begins in them. */
#ifndef XNOR_REAL_CONV_H
#define XNOR_REAL_CONV_H

#include "kernels.h"

/* Row y of the output. weight (channels, kernel, kernel, in_channels); sums in double precision from the bias on, each
 * product added in the order of the weights. */
void xnor_real_conv_row(const struct xnor_conv *conv, const float *map, const float *weight, const float *bias, int y,
                        float *values);

#endif
