#include "padding.h"

#include "gather.h"

bool xnor_padding_prepare(const struct xnor_stage *stage, const uint8_t *tensors, int32_t **taps) {
  const bool ternary = stage->source == XNOR_SOURCE_TERNARY_CONV;
  const bool has_signs = ternary || stage->source == XNOR_SOURCE_BINARY_CONV;
  if (!has_signs || stage->outside != 0 || stage->padding == 0) return true;
  const int window = stage->kernel * stage->kernel, words = xnor_words(stage->in_channels);
  const uint32_t *weight = (const uint32_t *)(tensors + stage->weight);
  const uint32_t *mask = ternary ? (const uint32_t *)(tensors + stage->mask) : NULL;
  int32_t *sums = xnor_allocate((size_t)window * stage->channels * sizeof *sums);
  if (sums == NULL) return false;
  for (int c = 0; c < stage->channels; c++) {
    for (int tap = 0; tap < window; tap++) {
      int32_t set = 0, counted = ternary ? 0 : stage->in_channels;
      for (int word = 0; word < words; word++, weight++) {
        set += (int32_t)xnor_popcount(ternary ? *weight & *mask : *weight);
        if (ternary) counted += (int32_t)xnor_popcount(*mask++);
      }
      sums[(size_t)tap * stage->channels + c] = 2 * set - counted;
    }
  }
  *taps = sums;
  return true;
}

static void add_channels(const int32_t *restrict tap, int channels, int32_t *restrict sums) {
  for (int c = 0; c < channels; c++) sums[c] += tap[c];
}

void xnor_padding_take_back(const struct xnor_stage *stage, const int32_t *taps, int y, int32_t *sums) {
  const int kernel = stage->kernel, channels = stage->channels;
  const int top = y * stage->stride - stage->padding;
  const bool rows_inside = top >= 0 && top + kernel <= stage->in_height;
  for (int x = 0; x < stage->width; x++, sums += channels) {
    const int left = x * stage->stride - stage->padding;
    if (rows_inside && left >= 0 && left + kernel <= stage->in_width) continue;
    for (int tap = 0, row = top; row < top + kernel; row++) {
      const bool row_inside = row >= 0 && row < stage->in_height;
      for (int column = left; column < left + kernel; column++, tap++) {
        if (row_inside && column >= 0 && column < stage->in_width) continue;
        add_channels(taps + (size_t)tap * channels, channels, sums);
      }
    }
  }
}
