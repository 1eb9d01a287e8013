/*
 * Convolutions with weights of +-1 by additions and subtractions (BinaryConnect; Binary-Weight-Networks, Rastegari et al.
 * 2016, 3.1): the bits of the weights are used as they stand in the model, 32 channels to a word, (channels, kernel,
 * kernel, words). Zeros outside the map.
 */
#ifndef XNOR_BINARY_WEIGHT_H
#define XNOR_BINARY_WEIGHT_H

#include "kernels.h"

/* Bytes of scratch memory that xnor_binary_weight_row needs. */
size_t xnor_binary_weight_scratch(const struct xnor_conv *conv);

/* Row y of the output from a map of bytes, to `sums` (width, channels). */
void xnor_binary_weight_row(const struct xnor_conv *conv, const int8_t *map, const uint32_t *weight, int y, int32_t *sums);

/* The same of real values; value = sum * scale + bias, to `values` (width, channels). */
void xnor_real_binary_weight_row(const struct xnor_conv *conv, const float *map, const uint32_t *weight,
                                 const float *scale, const float *bias, int y, float *values);

#endif
