#include "real_conv.h"

/* Sums that are computed at the same time: each addition of one has to wait for the one before. Three times as fast. */
#define OUTPUTS 8

/* Channels `first` to first + OUTPUTS - 1 of output pixel (x, y), those beyond the last being the last once more. */
static inline void sum_window(const struct xnor_conv *conv, const float *map, const float *weight, int y, int x, int first,
                              double *restrict sums) {
  const int kernel = conv->kernel, inputs = conv->in_channels;
  const float *filters[OUTPUTS];
  for (int k = 0; k < OUTPUTS; k++) {
    const int c = first + k < conv->channels ? first + k : conv->channels - 1;
    filters[k] = weight + (size_t)c * kernel * kernel * inputs;
  }
  for (int row = 0; row < kernel; row++) {
    const int from_y = y * conv->stride - conv->padding + row;
    if (from_y < 0 || from_y >= conv->in_height) continue;
    for (int column = 0; column < kernel; column++) {
      const int from_x = x * conv->stride - conv->padding + column;
      if (from_x < 0 || from_x >= conv->in_width) continue;
      const float *from = map + ((size_t)from_y * conv->in_width + from_x) * inputs;
      const size_t tap = (size_t)(row * kernel + column) * inputs;
      for (int i = 0; i < inputs; i++) {
        for (int k = 0; k < OUTPUTS; k++) sums[k] += (double)from[i] * (double)filters[k][tap + i];
      }
    }
  }
}

void xnor_real_conv_row(const struct xnor_conv *conv, const float *map, const float *weight, const float *bias, int y,
                        float *values) {
  const int channels = conv->channels;
  for (int x = 0; x < conv->width; x++) {
    for (int first = 0; first < channels; first += OUTPUTS) {
      const int count = channels - first < OUTPUTS ? channels - first : OUTPUTS;
      double sums[OUTPUTS] = {0};
      for (int k = 0; k < count; k++) sums[k] = bias[first + k];
      sum_window(conv, map, weight, y, x, first, sums);
      for (int k = 0; k < count; k++) *values++ = (float)sums[k];
    }
  }
}
