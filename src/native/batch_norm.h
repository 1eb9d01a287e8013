/* BatchNorm in evaluation, folded: what activations of more than a sign are made from. */
#ifndef XNOR_BATCH_NORM_H
#define XNOR_BATCH_NORM_H

#include <stddef.h>

/* out = x * scale + bias for each of `pixels` pixels of `channels` channels; then the first of `clip` where it is less, the
 * second where it is more. clip: NULL leaves it as it is. */
void xnor_batch_norm(const float *x, size_t pixels, int channels, const float *scale, const float *bias, const float *clip,
                     float *out);

#endif
