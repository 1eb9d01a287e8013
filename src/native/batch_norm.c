#include "batch_norm.h"

void xnor_batch_norm(const float *restrict x, size_t pixels, int channels, const float *restrict scale,
                     const float *restrict bias, const float *clip, float *restrict out) {
  for (size_t pixel = 0; pixel < pixels; pixel++, x += channels, out += channels) {
    for (int c = 0; c < channels; c++) out[c] = x[c] * scale[c] + bias[c];
    if (clip == NULL) continue;
    const float low = clip[0], high = clip[1];
    for (int c = 0; c < channels; c++) {
      const float above = out[c] < low ? low : out[c];
      out[c] = above > high ? high : above;
    }
  }
}
