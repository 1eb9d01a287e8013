/*
 * Signs of integer sums by one comparison of integers, in place of the arithmetic of a pass (BinaryNet's BatchNorm and sign;
 * the thresholds of FINN, Umuroglu et al. 2017, 4.2.2).
 *
 * Where a pass makes nothing but signs of a convolution's sums, each of its steps, rounded, never turns back as the sum
 * grows: so a channel's sign changes at one sum at most. That sum is found by a search with the pass itself, and so the
 * signs are those of the pass to the last bit.
 */
#ifndef XNOR_THRESHOLD_H
#define XNOR_THRESHOLD_H

#include "kernels.h"

/*
 * Fills `thresholds` for a stage whose pass is `post`, if it can be done so for all of its channels: else `least` stays
 * NULL. False: out of memory. Sums are more than INT32_MIN and less than INT32_MAX.
 */
bool xnor_thresholds_prepare(const struct xnor_kernels *kernels, const struct xnor_post *post,
                             struct xnor_thresholds *thresholds);

#endif
