#include <arm_acle.h>
#include <string.h>

#include "armv6.h"
#include "armv6_passes.h"
#include "gather.h"

#define OUTPUTS 4 /* of a group: they share the loads of the patch */

/*
 * Patches that are laid out at a time, about: each group of outputs reads them again, so they are to stay in the cache.
 * Each time all weights are read: where these do not stay there, the patches of a whole row are.
 */
#define CHUNK_BYTES 2048
#define CACHED_WEIGHT_BYTES 8192

void xnor_smlad(const uint32_t *patches, const uint32_t *weights, int32_t *sums, size_t groups, size_t runs, size_t pixels,
                size_t step_bytes);

/*
 * 8-bit convolution. A row of the kernel is a run of bytes in the map, read four at a time: SXTB16 makes the pairs (0, 2)
 * and (1, 3) of them, and the weights are paired alike. What is read beyond the row meets weights of 0.
 */
static int words_of_row(const struct xnor_conv *conv) { return (conv->kernel * conv->in_channels + 3) / 4; }

static inline void pair_row(const int8_t *bytes, int words, uint32_t *pairs) {
  for (int i = 0; i < words; i++, bytes += 4, pairs += 2) {
    uint32_t four;
    memcpy(&four, bytes, sizeof four);
    pairs[0] = (uint32_t)__sxtb16((int8x4_t)four);
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pairs[1]) : "r"(four)); /* gcc 12 would make two instructions of it */
  }
}

static int chunk_pixels(const struct xnor_conv *conv) {
  if (conv->channels * conv->taps * (int)sizeof(uint32_t) > CACHED_WEIGHT_BYTES) return conv->width;
  return xnor_smaller(xnor_divide_up(CHUNK_BYTES, conv->taps * (int)sizeof(uint32_t)), conv->width);
}

bool xnor_armv6_prepare_int8(struct xnor_conv *conv, const int8_t *bytes) {
  const int row = conv->kernel * conv->in_channels, words = words_of_row(conv);
  conv->taps = 2 * words * conv->kernel;
  const int groups = xnor_divide_up(conv->channels, OUTPUTS);
  const size_t row_bytes = (size_t)4 * words;
  uint32_t *weight = xnor_allocate((size_t)groups * OUTPUTS * conv->taps * sizeof *weight + XNOR_READ_BEYOND_BYTES);
  int8_t *padded = xnor_allocate(row_bytes);
  uint32_t *pairs = xnor_allocate(2 * row_bytes);
  const bool done = weight != NULL && padded != NULL && pairs != NULL;
  for (int c = 0; done && c < conv->channels; c++) {
    for (int y = 0; y < conv->kernel; y++) {
      memcpy(padded, bytes + ((size_t)c * conv->kernel + y) * row, (size_t)row);
      pair_row(padded, words, pairs);
      for (int i = 0; i < 2 * words; i++) {
        weight[((size_t)(c / OUTPUTS) * conv->taps + 2 * words * y + i) * OUTPUTS + c % OUTPUTS] = pairs[i];
      }
    }
  }
  xnor_release(padded);
  xnor_release(pairs);
  conv->weight = weight;
  conv->rows = 1;
  conv->scratch_bytes = (size_t)chunk_pixels(conv) * (conv->taps + groups * OUTPUTS) * sizeof(uint32_t) + row_bytes +
                        XNOR_READ_BEYOND_BYTES;
  return done;
}

/* The patch of a window that reaches beyond the map. */
static void pair_border(const struct xnor_conv *conv, const int8_t *map, int top, int left, int8_t *row, uint32_t *patch) {
  const int words = words_of_row(conv), channels = conv->in_channels;
  const int first = left < 0 ? -left : 0, end = xnor_smaller(conv->kernel, conv->in_width - left);
  for (int y = top; y < top + conv->kernel; y++, patch += 2 * words) {
    memset(row, conv->padding_byte, (size_t)4 * words);
    if (y >= 0 && y < conv->in_height && first < end) {
      memcpy(row + first * channels, map + ((size_t)y * conv->in_width + left + first) * channels,
             (size_t)(end - first) * channels);
    }
    pair_row(row, words, patch);
  }
}

/* The patch of a window that lies in the map; inlined with the usual `words`, its loops are unrolled. */
static inline void pair_window(const int8_t *from, size_t row_bytes, int kernel, int words, uint32_t *patch) {
  for (int i = 0; i < kernel; i++, from += row_bytes, patch += 2 * words) pair_row(from, words, patch);
}

/* The patches of `pixels` pixels of row y from column `first` on. `row`: room for a row of a window. */
static void gather_patches(const struct xnor_conv *conv, const int8_t *map, int y, int first, int pixels, int8_t *row,
                           uint32_t *patch) {
  const int words = words_of_row(conv), kernel = conv->kernel;
  const int top = y * conv->stride - conv->padding;
  const bool whole_rows = top >= 0 && top + kernel <= conv->in_height;
  const size_t row_bytes = (size_t)conv->in_width * conv->in_channels;
  for (int x = first; x < first + pixels; x++, patch += conv->taps) {
    const int left = x * conv->stride - conv->padding;
    const int8_t *from = map + (ptrdiff_t)(top * (int)row_bytes + left * conv->in_channels);
    if (!whole_rows || left < 0 || left + kernel > conv->in_width) {
      pair_border(conv, map, top, left, row, patch);
    } else if (kernel == 3 && words == 3) { /* 3 channels */
      pair_window(from, row_bytes, 3, 3, patch);
    } else if (kernel == 3 && words == 6) { /* 8 channels */
      pair_window(from, row_bytes, 3, 6, patch);
    } else {
      pair_window(from, row_bytes, kernel, words, patch);
    }
  }
}

void xnor_armv6_int8_row(const struct xnor_conv *conv, const int8_t *map, int y, int band_row, int32_t *sums) {
  (void)band_row;
  const int groups = xnor_divide_up(conv->channels, OUTPUTS), most = chunk_pixels(conv);
  const int channels = groups * OUTPUTS; /* with those that fill up the last group */
  uint32_t *patches = conv->scratch;
  int32_t *all = (int32_t *)(patches + (size_t)most * conv->taps + XNOR_READ_BEYOND_BYTES / 4);
  int8_t *row = (int8_t *)(all + (size_t)most * channels);
  for (int first = 0; first < conv->width; first += most, sums += most * conv->channels) {
    const int pixels = xnor_smaller(most, conv->width - first);
    gather_patches(conv, map, y, first, pixels, row, patches);
    int32_t *to = channels == conv->channels ? sums : all;
    xnor_smlad(patches, conv->weight, to, (size_t)groups, (size_t)conv->taps / 2, (size_t)pixels,
               (size_t)channels * sizeof *to);
    for (int x = 0; to == all && x < pixels; x++) {
      memcpy(sums + (size_t)x * conv->channels, all + (size_t)x * channels, (size_t)conv->channels * sizeof *sums);
    }
  }
}
