/*
 * Binary convolution by look-up for small maps with many outputs: armv6_lookup.c with its roles changed.
 *
 * There, tables hold the weights and a pixel's signs choose the rows, so a table is used once for each pixel, and a map
 * of 5x7 uses it 35 times before the next one is built. Here, tables hold the signs, for 12 pixels at a time as 8-bit
 * lanes of three words, and the weights choose the rows: a table is used once for each output, and the rows are known
 * when the network is loaded.
 *
 * A row tells where sign and weight both are 1. With |v| for the ones of v, the sum over n taps and channels is
 *   n - 2 popcount(w ^ a) = n - 2 |w| - 2 |a| + 4 |w & a|
 * and |a| comes of one more output, whose weights are all 1.
 */
#include "armv6_pixels.h"

#include <string.h>

#include "armv6_passes.h"
#include "gather.h"

#define ROW_WORDS 3
#define GROUP (4 * ROW_WORDS) /* pixels */
#define BITS 6                /* inputs of a look-up */
#define LOOKUPS 8             /* of a pass over the outputs: 6 KB of tables */
#define TABLE_WORDS (ROW_WORDS << BITS)
#define PASS_BITS (BITS * LOOKUPS)
#define WIDENED_PASSES 5 /* as many as an 8-bit lane holds */
#define MOST_MATCHES 65535

void xnor_pixel_table(uint32_t *table, const uint32_t *delta);
void xnor_pixel_lut(uint32_t *acc, const uint16_t *offsets, size_t outputs, const uint32_t *tables);
void xnor_pixel_widen(uint32_t *acc, uint32_t *wide, size_t outputs);

struct pixel_weight {
  int groups, passes, outputs; /* of pixels; over the outputs; with the one for |a| */
  uint16_t *offsets;           /* (passes, outputs, LOOKUPS): bytes to a row, from the first table on */
  int32_t least[];             /* (channels): n - 2 |w| */
};

static int inputs_of(const struct xnor_conv *conv) { return conv->kernel * conv->kernel * conv->in_channels; }

/* Words of a window's signs. */
static int window_words(const struct xnor_conv *conv) {
  return conv->kernel * conv->kernel * xnor_words(conv->in_channels);
}

bool xnor_pixels_suit(const struct xnor_conv *conv) {
  return conv->height * conv->width <= conv->channels && inputs_of(conv) <= MOST_MATCHES;
}

/* The bit of the window's sign `input`, 0 where there is none. */
static uint32_t bit_of(const struct xnor_conv *conv, const uint32_t *window, int input, int channel) {
  const bool exists = input < 32 * window_words(conv) && channel < conv->in_channels;
  if (!exists) return 0;
  return window == NULL ? 1 : window[input / 32] >> input % 32 & 1;
}

/* Writes the offsets of one output's passes. @returns |w|. `window` is NULL for weights that are all 1. */
static int32_t write_offsets(const struct xnor_conv *conv, const struct pixel_weight *weight, const uint32_t *window,
                             uint16_t *to) {
  const int padded = 32 * xnor_words(conv->in_channels);
  int32_t ones = 0;
  int input = 0, channel = 0;
  for (int pass = 0; pass < weight->passes; pass++, to += weight->outputs * LOOKUPS) {
    for (int lookup = 0; lookup < LOOKUPS; lookup++) {
      uint32_t row = (uint32_t)lookup << BITS;
      for (int bit = 0; bit < BITS; bit++, input++) {
        const uint32_t one = bit_of(conv, window, input, channel);
        row += one << bit;
        ones += (int32_t)one;
        if (++channel == padded) channel = 0;
      }
      to[lookup] = (uint16_t)(row * ROW_WORDS * sizeof(uint32_t));
    }
  }
  return ones;
}

/* Where a convolution keeps what: tables, their deltas, bits, and what is counted for (groups, outputs) and GROUP pixels. */
struct workplace {
  uint32_t *tables, *deltas;
  uint32_t *bits; /* (passes, PASS_BITS / 8, ROW_WORDS): bit k of a byte is that of input 8 i + k */
  uint32_t *acc;  /* (outputs, ROW_WORDS): 8-bit lanes */
  uint32_t *wide; /* (groups, outputs, 2 * ROW_WORDS): 16-bit lanes, for each word of `acc` lanes 0 and 2, 1 and 3 */
  uint32_t *end;
};

static struct workplace workplace_of(const struct xnor_conv *conv, const struct pixel_weight *weight) {
  struct workplace place = {.tables = conv->scratch};
  place.deltas = place.tables + LOOKUPS * TABLE_WORDS;
  place.acc = place.deltas + PASS_BITS * ROW_WORDS;
  place.bits = place.acc + weight->outputs * ROW_WORDS;
  place.wide = place.bits + weight->passes * PASS_BITS / 8 * ROW_WORDS;
  place.end = place.wide + weight->groups * weight->outputs * 2 * ROW_WORDS;
  return place;
}

bool xnor_pixels_prepare(struct xnor_conv *conv, const uint32_t *words) {
  const int outputs = conv->channels + 1;
  const int passes = xnor_divide_up(32 * window_words(conv), PASS_BITS);
  const size_t head = (sizeof(struct pixel_weight) + conv->channels * sizeof(int32_t) + 31) / 32 * 32;
  const size_t offsets = (size_t)passes * outputs * LOOKUPS;
  struct pixel_weight *weight = xnor_allocate(head + offsets * sizeof(uint16_t) + XNOR_READ_BEYOND_BYTES);
  if (weight == NULL) return false;
  weight->groups = xnor_divide_up(conv->height * conv->width, GROUP);
  weight->passes = passes;
  weight->outputs = outputs;
  weight->offsets = (uint16_t *)((uint8_t *)weight + head);
  for (int c = 0; c < conv->channels; c++, words += window_words(conv)) {
    weight->least[c] = inputs_of(conv) - 2 * write_offsets(conv, weight, words, weight->offsets + c * LOOKUPS);
  }
  write_offsets(conv, weight, NULL, weight->offsets + conv->channels * LOOKUPS);
  conv->weight = weight;
  conv->rows = conv->height;
  conv->scratch_bytes = (size_t)((uint8_t *)workplace_of(conv, weight).end - (uint8_t *)conv->scratch);
  return true;
}

/* The windows of a group of pixels: where they begin, and the signs at one of their taps (NULL: outside). */
struct windows {
  int top[GROUP], left[GROUP], count;
  const uint32_t *signs[GROUP];
};

static void go_to_tap(const struct xnor_conv *conv, const uint32_t *signs, int tap_y, int tap_x, struct windows *windows) {
  for (int lane = 0; lane < windows->count; lane++) {
    const int y = windows->top[lane] + tap_y, x = windows->left[lane] + tap_x;
    const bool inside = y >= 0 && y < conv->in_height && x >= 0 && x < conv->in_width;
    windows->signs[lane] = inside ? signs + ((size_t)y * conv->in_width + x) * xnor_words(conv->in_channels) : NULL;
  }
}

/* Word `word` at the tap: its four bytes, for each of them those of 12 pixels side by side. */
static void gather_word(const struct xnor_conv *conv, const struct windows *windows, int word, uint32_t *to) {
  const uint32_t outside = conv->padding_ones ? UINT32_MAX : 0;
  for (int k = 0; k < ROW_WORDS; k++, to++) {
    uint32_t four[4];
    for (int i = 0; i < 4; i++) {
      const int lane = 4 * k + i;
      const uint32_t *from = windows->signs[lane];
      four[i] = lane >= windows->count ? 0 : from == NULL ? outside : from[word];
    }
    for (int byte = 0; byte < 4; byte++) {
      const int shift = 8 * byte;
      to[byte * ROW_WORDS] = (four[0] >> shift & 255) | (four[1] >> shift & 255) << 8 | (four[2] >> shift & 255) << 16 |
                             four[3] >> shift << 24;
    }
  }
}

/* What the windows of up to GROUP pixels from `*y`, `*x` on hold; steps these behind the last. */
static void gather_bits(const struct xnor_conv *conv, const uint32_t *signs, int *y, int *x, uint32_t *bits) {
  struct windows windows = {.count = 0};
  for (; windows.count < GROUP && *y < conv->height; windows.count++) {
    windows.top[windows.count] = *y * conv->stride - conv->padding;
    windows.left[windows.count] = *x * conv->stride - conv->padding;
    if (++*x == conv->width) *x = 0, ++*y;
  }
  for (int tap_y = 0; tap_y < conv->kernel; tap_y++) {
    for (int tap_x = 0; tap_x < conv->kernel; tap_x++) {
      go_to_tap(conv, signs, tap_y, tap_x, &windows);
      for (int word = 0; word < xnor_words(conv->in_channels); word++, bits += 4 * ROW_WORDS) {
        gather_word(conv, &windows, word, bits);
      }
    }
  }
}

/* The bits of a pass, each lane of a delta 0 or 1. */
static void spread_bits(const uint32_t *bits, uint32_t *delta) {
  for (int byte = 0; byte < PASS_BITS / 8; byte++, bits += ROW_WORDS) {
    for (int bit = 0; bit < 8; bit++) {
      for (int k = 0; k < ROW_WORDS; k++) *delta++ = bits[k] >> bit & 0x01010101;
    }
  }
}

void xnor_pixels_band(const struct xnor_conv *conv, const uint32_t *signs) {
  const struct pixel_weight *weight = conv->weight;
  const struct workplace place = workplace_of(conv, weight);
  const size_t outputs = (size_t)weight->outputs;
  memset(place.acc, 0, (size_t)((uint8_t *)place.end - (uint8_t *)place.acc));
  uint32_t *wide = place.wide;
  for (int group = 0, y = 0, x = 0; group < weight->groups; group++, wide += outputs * 2 * ROW_WORDS) {
    gather_bits(conv, signs, &y, &x, place.bits);
    const uint32_t *bits = place.bits;
    const uint16_t *offsets = weight->offsets;
    int held = 0; /* passes in the 8-bit lanes */
    for (int pass = 0; pass < weight->passes; pass++) {
      spread_bits(bits, place.deltas);
      for (int i = 0; i < LOOKUPS; i++) {
        xnor_pixel_table(place.tables + i * TABLE_WORDS, place.deltas + i * BITS * ROW_WORDS);
      }
      xnor_pixel_lut(place.acc, offsets, outputs, place.tables);
      bits += PASS_BITS / 8 * ROW_WORDS;
      offsets += outputs * LOOKUPS;
      if (++held == WIDENED_PASSES || pass == weight->passes - 1) {
        xnor_pixel_widen(place.acc, wide, outputs);
        held = 0;
      }
    }
  }
}

void xnor_pixels_row(const struct xnor_conv *conv, int row, int32_t *sums) {
  const struct pixel_weight *weight = conv->weight;
  const int outputs = weight->outputs;
  const uint16_t *group = (const uint16_t *)workplace_of(conv, weight).wide;
  int lane = row * conv->width;
  for (int x = 0; x < conv->width; x++, lane++, sums += conv->channels) {
    for (; lane >= GROUP; lane -= GROUP) group += outputs * GROUP;
    const uint16_t *both = group + lane / 4 * 4 + lane % 2 * 2 + lane / 2 % 2;
    const int32_t of_signs = 2 * both[conv->channels * GROUP];
    for (int c = 0; c < conv->channels; c++, both += GROUP) sums[c] = 4 * *both - of_signs + weight->least[c];
  }
}
