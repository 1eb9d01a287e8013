#include "binary_weight.h"

#include <string.h>

#define CHANNELS_IN_WORD 32
#define GROUP 4 /* channels of a table, bits of an index */
#define GROUPS (CHANNELS_IN_WORD / GROUP)
#define SUMS (1 << GROUP)

#define VALUE uint32_t
#define NAME(name) name##_of_pairs
#include "binary_weight.inl"
#undef VALUE
#undef NAME

#define VALUE float
#define NAME(name) name##_of_reals
#include "binary_weight.inl"

/* The pixel under a tap of the window of output pixel (x, y): its index in the map, -1 outside. */
static ptrdiff_t pixel_under(const struct xnor_conv *conv, int y, int x, int tap_y, int tap_x) {
  const int from_y = y * conv->stride - conv->padding + tap_y, from_x = x * conv->stride - conv->padding + tap_x;
  if (from_y < 0 || from_y >= conv->in_height || from_x < 0 || from_x >= conv->in_width) return -1;
  return (ptrdiff_t)from_y * conv->in_width + from_x;
}

static int channels_of_word(const struct xnor_conv *conv, int word) {
  const int rest = conv->in_channels - word * CHANNELS_IN_WORD;
  return rest < CHANNELS_IN_WORD ? rest : CHANNELS_IN_WORD;
}

/*
 * Bytes are added for two pixels at a time: a word holds the sum of the one, plus that of the other times 2^16, and all
 * that is done to it is done to both. So many words of weights are added before a sum of 16 bits could overflow:
 */
#define WORDS_IN_HALF 7

static void pair(const int8_t *first, const int8_t *second, int count, uint32_t *pairs) {
  for (int c = 0; c < count; c++) {
    const uint32_t low = first == NULL ? 0 : (uint32_t)(int32_t)first[c];
    const uint32_t high = second == NULL ? 0 : (uint32_t)(int32_t)second[c];
    pairs[c] = low + (high << 16);
  }
}

/* Adds the sums of pairs to those of both pixels (of the first, where there is no second), and clears them. */
static void part_pairs(uint32_t *pairs, int channels, int32_t *first, int32_t *second) {
  for (int c = 0; c < channels; c++) {
    const int32_t low = (int16_t)pairs[c];
    first[c] += low;
    if (second != NULL) second[c] += (int16_t)((pairs[c] - (uint32_t)low) >> 16);
    pairs[c] = 0;
  }
}

size_t xnor_binary_weight_scratch(const struct xnor_conv *conv) { return (size_t)conv->channels * sizeof(uint32_t); }

void xnor_binary_weight_row(const struct xnor_conv *conv, const int8_t *map, const uint32_t *weight, int y, int32_t *sums) {
  const int kernel = conv->kernel, inputs = conv->in_channels, channels = conv->channels, words = xnor_words(inputs);
  const size_t step = (size_t)kernel * kernel * words;
  uint32_t *pairs = conv->scratch;
  memset(pairs, 0, xnor_binary_weight_scratch(conv));
  memset(sums, 0, (size_t)conv->width * channels * sizeof *sums);
  for (int x = 0; x < conv->width; x += 2, sums += 2 * channels) {
    int32_t *second = x + 1 < conv->width ? sums + channels : NULL;
    int held = 0;
    for (int tap = 0, tap_y = 0; tap_y < kernel; tap_y++) {
      for (int tap_x = 0; tap_x < kernel; tap_x++, tap++) {
        const ptrdiff_t a = pixel_under(conv, y, x, tap_y, tap_x);
        const ptrdiff_t b = second == NULL ? -1 : pixel_under(conv, y, x + 1, tap_y, tap_x);
        for (int word = 0; word < words && (a >= 0 || b >= 0); word++) {
          uint32_t values[CHANNELS_IN_WORD];
          const int first = word * CHANNELS_IN_WORD, count = channels_of_word(conv, word);
          pair(a < 0 ? NULL : map + a * inputs + first, b < 0 ? NULL : map + b * inputs + first, count, values);
          add_word_of_pairs(values, count, weight + (size_t)tap * words + word, step, channels, pairs);
          if (++held < WORDS_IN_HALF) continue;
          part_pairs(pairs, channels, sums, second);
          held = 0;
        }
      }
    }
    part_pairs(pairs, channels, sums, second);
  }
}

void xnor_real_binary_weight_row(const struct xnor_conv *conv, const float *map, const uint32_t *weight,
                                 const float *scale, const float *bias, int y, float *values) {
  const int kernel = conv->kernel, inputs = conv->in_channels, channels = conv->channels, words = xnor_words(inputs);
  const size_t step = (size_t)kernel * kernel * words;
  memset(values, 0, (size_t)conv->width * channels * sizeof *values);
  for (int x = 0; x < conv->width; x++, values += channels) {
    for (int tap = 0, tap_y = 0; tap_y < kernel; tap_y++) {
      for (int tap_x = 0; tap_x < kernel; tap_x++, tap++) {
        const ptrdiff_t from = pixel_under(conv, y, x, tap_y, tap_x);
        for (int word = 0; word < words && from >= 0; word++) {
          add_word_of_reals(map + from * inputs + word * CHANNELS_IN_WORD, channels_of_word(conv, word),
                            weight + (size_t)tap * words + word, step, channels, values);
        }
      }
    }
    for (int c = 0; c < channels; c++) values[c] = values[c] * scale[c] + bias[c];
  }
}
