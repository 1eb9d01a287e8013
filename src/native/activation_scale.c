#include "activation_scale.h"

/* Sums that the channels of a pixel are added to in turn: so that a vector holds them. */
#define LANES 8

void xnor_sum_magnitudes(const struct xnor_conv *conv, const float *map, float *sums) {
  const int channels = conv->in_channels;
  const size_t pixels = (size_t)conv->in_height * conv->in_width;
  for (size_t pixel = 0; pixel < pixels; pixel++, map += channels) {
    float part[LANES] = {0};
    int c = 0;
    for (; c + LANES <= channels; c += LANES) {
      for (int lane = 0; lane < LANES; lane++) part[lane] += __builtin_fabsf(map[c + lane]);
    }
    for (int lane = 0; c + lane < channels; lane++) part[lane] += __builtin_fabsf(map[c + lane]);
    float sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += part[lane];
    sums[pixel] = sum;
  }
}

void xnor_activation_scale_row(const struct xnor_conv *conv, const float *sums, int y, float *values) {
  const double count = conv->kernel * conv->kernel * conv->in_channels;
  for (int x = 0; x < conv->width; x++) {
    double sum = 0;
    for (int row = 0; row < conv->kernel; row++) {
      const int from_y = y * conv->stride - conv->padding + row;
      if (from_y < 0 || from_y >= conv->in_height) continue;
      for (int column = 0; column < conv->kernel; column++) {
        const int from_x = x * conv->stride - conv->padding + column;
        if (from_x < 0 || from_x >= conv->in_width) continue;
        sum += (double)sums[(size_t)from_y * conv->in_width + from_x];
      }
    }
    values[x] = (float)(sum / count);
  }
}
