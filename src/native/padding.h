/*
 * Zeros around a map of signs, which a binary convolution has not: it pads with -1, and what that gives is taken back.
 * Networks from Darknet are so.
 */
#ifndef XNOR_PADDING_H
#define XNOR_PADDING_H

#include "xnor.h"

/*
 * The weights of each tap, added up, where a stage pads signs with zeros; else `taps` stays NULL. (kernel, kernel, channels)
 * False: out of memory.
 */
bool xnor_padding_prepare(const struct xnor_stage *stage, const uint8_t *tensors, int32_t **taps);

/* Row y of the sums with -1 around -> with 0 around; (width, channels). */
void xnor_padding_take_back(const struct xnor_stage *stage, const int32_t *taps, int y, int32_t *sums);

#endif
