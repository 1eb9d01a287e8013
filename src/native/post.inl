/*
 * The pass behind a convolution, a row at a time, while the row is in the cache. Included by each variant, which
 * brings `pack_signs`; the plain loops over channels are for the compiler to vectorize.
 */
#include "planes.inl"

static void post_row(const struct xnor_post *post, int y, const int32_t *sums, float *restrict values) {
  const int width = post->width, channels = post->channels;
  const size_t row = (size_t)y * width * channels;
  const int words = xnor_words(channels);
  for (int x = 0; x < width; x++) {
    float *restrict v = values + (size_t)x * channels;
    if (sums != NULL) {
      const int32_t *restrict s = sums + (size_t)x * channels;
      const float *restrict scale = post->scale, *restrict bias = post->bias;
      for (int c = 0; c < channels; c++) v[c] = (float)s[c] * scale[c] + bias[c];
    }
    const int narrow = post->shortcut_channels;
    switch (post->shortcut) {
      case XNOR_SHORTCUT_NONE:
      case XNOR_SHORTCUTS:
        break;
      case XNOR_SHORTCUT_SAME:
      case XNOR_SHORTCUT_TWICE: {
        const bool twice = post->shortcut == XNOR_SHORTCUT_TWICE;
        const size_t pixel = twice ? (size_t)(y >> 1) * post->shortcut_width + (x >> 1)
                                   : (size_t)y * post->shortcut_width + x;
        const float *restrict from = post->shortcut_map + pixel * narrow;
        for (int first = 0; first < channels; first += narrow) {
          for (int c = 0; c < narrow; c++) v[first + c] += from[c];
        }
        break;
      }
      case XNOR_SHORTCUT_MEAN: {
        const size_t below = (size_t)post->shortcut_width * narrow;
        const float *restrict from = post->shortcut_map + (size_t)(2 * y) * below + (size_t)(2 * x) * narrow;
        for (int c = 0; c < narrow; c++) {
          const float mean = (from[c] + from[c + narrow] + from[c + below] + from[c + below + narrow]) * 0.25f;
          for (int repeat = c; repeat < channels; repeat += narrow) v[repeat] += mean;
        }
        break;
      }
    }
    if (post->slope != NULL) {
      const float *restrict slope = post->slope;
      for (int c = 0; c < channels; c++) v[c] = v[c] > 0 ? v[c] : v[c] * slope[c];
    }
    if (post->signs != NULL) {
      pack_signs(v, post->sign_scale, post->sign_bias, channels, post->signs + ((size_t)y * width + x) * words);
    }
    if (post->planes != NULL) pack_planes(post, v, ((size_t)y * width + x) * words);
    if (post->bytes != NULL) {
      const float *restrict scale = post->byte_scale;
      int8_t *restrict out = post->bytes + row + (size_t)x * channels;
      for (int c = 0; c < channels; c++) {
        float scaled = v[c] * scale[c];
        scaled = scaled >= -128 ? scaled : -128; /* written so that NaN becomes a number */
        scaled = scaled > 127 ? 127 : scaled;
        out[c] = (int8_t)((int32_t)(scaled + 128.5f) - 128);
      }
    }
  }
  if (post->real != NULL) memcpy(post->real + row, values, (size_t)width * channels * sizeof(float));
}
