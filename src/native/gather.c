#include "gather.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

void *xnor_allocate(size_t bytes) {
  const size_t whole = bytes / ALIGNMENT * ALIGNMENT + ALIGNMENT;
  void *memory = aligned_alloc(ALIGNMENT, whole);
  return memory == NULL ? NULL : memset(memory, 0, whole);
}

void xnor_release(void *memory) { free(memory); }

void xnor_pair_bytes(const int8_t *bytes, size_t count, uint32_t *pairs) {
  for (size_t i = 0; i + 1 < count; i += 2) {
    pairs[i / 2] = (uint16_t)(int16_t)bytes[i] | (uint32_t)(uint16_t)(int16_t)bytes[i + 1] << 16;
  }
  if (count % 2 == 1) pairs[count / 2] = (uint16_t)(int16_t)bytes[count - 1];
}

/*
 * The part of a row of a window that lies in the map: taps are neighbors in memory, so it is one run of `run` pixels,
 * the first of them pixel `from` of the map and tap `skipped` of the window's row.
 */
struct run {
  int skipped, run;
  size_t from;
};

static struct run run_of(const struct xnor_conv *conv, int y, int left) {
  struct run result = {0, 0, 0};
  if (y < 0 || y >= conv->in_height) return result;
  const int first = left < 0 ? 0 : left;
  const int end = left + conv->kernel < conv->in_width ? left + conv->kernel : conv->in_width;
  if (end <= first) return result;
  result.skipped = first - left;
  result.run = end - first;
  result.from = (size_t)y * conv->in_width + first;
  return result;
}

void xnor_gather_signs(const struct xnor_conv *conv, const uint32_t *signs, int y, uint32_t *patches) {
  const int kernel = conv->kernel, words = xnor_words(conv->in_channels);
  const int top = y * conv->stride - conv->padding;
  const int rest = conv->in_channels % 32;
  const uint32_t last = rest == 0 ? UINT32_MAX : (UINT32_C(1) << rest) - 1;
  for (int x = 0; x < conv->width; x++) {
    const int left = x * conv->stride - conv->padding;
    for (int row = 0; row < kernel; row++) {
      const struct run part = run_of(conv, top + row, left);
      if (part.run < kernel) {
        for (int i = 0; i < kernel * words; i++) {
          patches[i] = !conv->padding_ones ? 0 : i % words == words - 1 ? last : UINT32_MAX;
        }
      }
      const uint32_t *from = signs + part.from * words;
      uint32_t *to = patches + part.skipped * words;
      for (int i = 0; i < part.run * words; i++) to[i] = from[i];
      patches += kernel * words;
    }
  }
}

void xnor_gather_bytes(const struct xnor_conv *conv, const int8_t *bytes, int y, int8_t *patch, uint32_t *patches) {
  const int kernel = conv->kernel, channels = conv->in_channels;
  const int top = y * conv->stride - conv->padding;
  const size_t row_bytes = (size_t)kernel * channels;
  for (int x = 0; x < conv->width; x++) {
    const int left = x * conv->stride - conv->padding;
    for (int row = 0; row < kernel; row++) {
      const struct run part = run_of(conv, top + row, left);
      int8_t *to = patch + row * row_bytes;
      if (part.run < kernel) memset(to, conv->padding_byte, row_bytes);
      memcpy(to + (size_t)part.skipped * channels, bytes + part.from * channels, (size_t)part.run * channels);
    }
    xnor_pair_bytes(patch, kernel * row_bytes, patches + (size_t)x * conv->taps);
  }
}

void xnor_pack_signs(const float *values, const float *scale, const float *bias, int channels, uint32_t *words) {
  for (int first = 0; first < channels; first += 32) {
    const int bits = channels - first < 32 ? channels - first : 32;
    uint32_t word = 0;
    for (int bit = 0; bit < bits; bit++) {
      const int c = first + bit;
      word |= (uint32_t)(values[c] * scale[c] + bias[c] >= 0) << bit;
    }
    *words++ = word;
  }
}
