/* XNOR-Net's K (Rastegari et al. 2016, 3.2): the mean magnitude of the activations that a window's signs stand for. */
#ifndef XNOR_ACTIVATION_SCALE_H
#define XNOR_ACTIVATION_SCALE_H

#include "kernels.h"

/* The magnitudes of all pixels of a map, to `sums` (in_height, in_width). */
void xnor_sum_magnitudes(const struct xnor_conv *conv, const float *map, float *sums);

/* Row y of the output, one value a pixel. */
void xnor_activation_scale_row(const struct xnor_conv *conv, const float *sums, int y, float *values);

#endif
