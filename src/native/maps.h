/* What moves and bends real maps without weights: pooling, channels of other maps, the logistic function. */
#ifndef XNOR_MAPS_H
#define XNOR_MAPS_H

#include "kernels.h"

/* Row y of the output: the largest of each window of `map`, each channel by itself. pool->padding: pixels that the first
 * window begins left of and above the map; what lies outside does not count. */
void xnor_max_pool_row(const struct xnor_conv *pool, const float *map, int y, float *values);

/* Row y of the output, signs: those of the largest value of each window, from the signs of all of them in `map`. scale: of
 * the signs, (channels); where it is negative, the largest value has the least sign. */
void xnor_sign_pool_row(const struct xnor_conv *pool, const uint32_t *map, const float *scale, int y, uint32_t *signs);

/* Row y of `channels` channels: those of the parts, one part behind the other. */
void xnor_channels_row(const struct xnor_part *parts, int count, const uint8_t *maps, int width, int channels, int y,
                       float *values);

/* out = 1 / (1 + e^-x), as src/nn/kernels/reference-maps.ts computes it, to the last bit. */
void xnor_logistic(const float *x, size_t count, float *out);

#endif
