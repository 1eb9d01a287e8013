/*
 * Binary convolution by look-up, for a CPU without a popcount (ARM1176JZF-S: no NEON either, 16 KB of cache).
 *
 * The channels of a pixel are cut into groups. For a tap, a group of g channels and 16 output channels there are 2^g
 * possible inputs; a table holds for each of them how many bits match the weights, as 16 lanes of 8 bits in four words.
 * So one load of four words and four additions serve 16 * g multiply-accumulates, where xnor and popcount would take ten
 * instructions for 32. Tables are built anew for each row of the kernel (by doubling: 7 instructions a row), used for all
 * pixels of a band, and stay in the cache meanwhile. T-MAC (Wei et al. 2024) does the like for language models.
 */
#include "armv6_lookup.h"

#include <string.h>

#include "armv6_passes.h"
#include "gather.h"

#define BAND_PIXELS 1200 /* pixels of the output that share a building of the tables, about */

void xnor_matches_to_sums(const uint32_t *acc, size_t buffer_bytes, size_t buffers, uint32_t n_pair, int32_t *sums,
                          size_t step_bytes, size_t pixels);

/*
 * The weights of a convolution: for each 16 outputs, pass, row of the kernel, tap and look-up a base (4 words), then
 * `bits` deltas (4 words each). Bases and deltas begin at lines of the cache, behind the passes.
 */
struct binary_weight {
  int blocks, buffers, pass_count;
  uint32_t *tables;
  struct xnor_pass passes[];
};

static int rows_of_band(const struct xnor_conv *conv) {
  return xnor_smaller(xnor_divide_up(BAND_PIXELS, conv->width), conv->height);
}

static int padded_width(const struct xnor_conv *conv) { return conv->in_width + 2 * conv->padding; }

/* Rows of the padded input that a band reads. */
static int rows_read(const struct xnor_conv *conv) { return (conv->rows - 1) * conv->stride + conv->kernel; }

static size_t table_words(const struct xnor_pass *pass) { return 4 * (1 + (size_t)pass->kind->bits); }

/* The part of one lane (`one`: 1 in its place) in a base and its deltas. */
static void write_lane(const uint32_t *weight, int first, int bits, uint32_t one, uint32_t *to) {
  for (int bit = 0; bit < bits; bit++) {
    const int channel = first + bit;
    /* An input bit of 1 matches a weight of 1, one of 0 a weight of 0: the base has all inputs 0. */
    const bool set = weight[channel / 32] >> channel % 32 & 1;
    to[4 * (1 + bit)] += set ? one : -one;
    if (!set) *to += one;
  }
}

static void write_tables(const struct xnor_conv *conv, const uint32_t *words, const struct binary_weight *weight) {
  const int in_words = xnor_words(conv->in_channels);
  uint32_t *to = weight->tables;
  for (int block = 0; block < weight->blocks; block++) {
    const int lanes = xnor_smaller(conv->channels - block * XNOR_LANES, XNOR_LANES);
    for (const struct xnor_pass *pass = weight->passes; pass < weight->passes + weight->pass_count; pass++) {
      for (int tap = 0; tap < XNOR_KERNEL * XNOR_KERNEL; tap++) {
        for (int lookup = 0; lookup < pass->kind->lookups; lookup++, to += table_words(pass)) {
          for (int lane = 0; lane < lanes; lane++) {
            const uint32_t *from = words + ((size_t)(block * XNOR_LANES + lane) * XNOR_KERNEL * XNOR_KERNEL + tap) * in_words;
            write_lane(from, pass->first + lookup * pass->kind->bits, xnor_bits_of(pass, lookup),
                       UINT32_C(1) << 8 * (lane % 4), to + lane / 4);
          }
        }
      }
    }
  }
}

static size_t offset_count(const struct xnor_conv *conv, const struct binary_weight *weight) {
  size_t count = 0;
  for (int i = 0; i < weight->pass_count; i++) count += (size_t)weight->passes[i].kind->lookups;
  return count * rows_read(conv) * padded_width(conv);
}

bool xnor_lookup_prepare(struct xnor_conv *conv, const uint32_t *words) {
  conv->rows = rows_of_band(conv);
  const size_t pixels = (size_t)conv->rows * conv->width;
  const int passes = xnor_choose_passes(conv->in_channels, (int)pixels, NULL);
  if (passes == 0) return false;
  const size_t head = (sizeof(struct binary_weight) + passes * sizeof(struct xnor_pass) + 31) / 32 * 32;
  const int blocks = xnor_divide_up(conv->channels, XNOR_LANES);
  const size_t most_table_words = 4 * (1 + XNOR_MAX_BITS) * 4 * XNOR_KERNEL * XNOR_KERNEL * (size_t)passes * blocks;
  struct binary_weight *weight = xnor_allocate(head + most_table_words * sizeof(uint32_t));
  if (weight == NULL) return false;
  weight->blocks = blocks;
  weight->pass_count = xnor_choose_passes(conv->in_channels, (int)pixels, weight->passes);
  weight->tables = (uint32_t *)((uint8_t *)weight + head);
  weight->buffers = xnor_buffers_for(weight->passes, weight->pass_count);
  write_tables(conv, words, weight);
  conv->weight = weight;
  conv->scratch_bytes = XNOR_PAGE_BYTES + XNOR_TABLES_BYTES + pixels * XNOR_ROW_BYTES * blocks * weight->buffers +
                        offset_count(conv, weight) * sizeof(uint16_t) + XNOR_READ_BEYOND_BYTES;
  return true;
}

/* Byte offsets into a tap's tables for every pixel that a band reads: (passes, rows, padded width, look-ups). */
static void write_offsets(const struct xnor_conv *conv, const struct binary_weight *weight, const uint32_t *signs, int top,
                          uint16_t *offsets) {
  const int words = xnor_words(conv->in_channels), rows = rows_read(conv), width = padded_width(conv);
  const uint32_t outside = conv->padding_ones ? UINT32_MAX : 0;
  for (const struct xnor_pass *pass = weight->passes; pass < weight->passes + weight->pass_count; pass++) {
    const int lookups = pass->kind->lookups;
    for (int lookup = 0; lookup < lookups; lookup++) {
      const int bits = xnor_bits_of(pass, lookup), first = pass->first + lookup * pass->kind->bits;
      const uint32_t mask = (UINT32_C(1) << bits) - 1;
      const uint32_t table = (uint32_t)lookup << pass->kind->bits;
      const int word = bits == 0 ? 0 : first / 32, shift = bits == 0 ? 0 : first % 32;
      const bool split = shift + bits > 32;
      const uint16_t padding = (uint16_t)((table + (outside & mask)) * XNOR_ROW_BYTES);
      uint16_t *to = offsets + lookup;
      for (int row = 0; row < rows; row++) {
        const int y = top + row;
        const bool inside = y >= 0 && y < conv->in_height;
        for (int x = 0; x < (inside ? conv->padding : width); x++, to += lookups) *to = padding;
        if (!inside) continue;
        const uint32_t *from = signs + (size_t)y * conv->in_width * words + word;
        if (split) {
          for (int x = 0; x < conv->in_width; x++, from += words, to += lookups) {
            *to = (uint16_t)((table + ((from[0] >> shift | from[1] << (32 - shift)) & mask)) * XNOR_ROW_BYTES);
          }
        } else {
          for (int x = 0; x < conv->in_width; x++, from += words, to += lookups) {
            *to = (uint16_t)((table + (*from >> shift & mask)) * XNOR_ROW_BYTES);
          }
        }
        for (int x = 0; x < conv->padding; x++, to += lookups) *to = padding;
      }
    }
    offsets += (size_t)lookups * rows * width;
  }
}

/*
 * Where a band keeps what: tables, accumulators (blocks of 16 outputs, buffers, pixels), offsets. They stand together, from
 * the start of a page on: the TLB has 32 sets of two entries, so two pages of the same 128 KB are never in one set, and the
 * code always finds the other entry.
 */
struct workplace {
  uint32_t *tables, *acc;
  uint16_t *offsets;
  size_t buffer_words, block_words;
};

static struct workplace workplace_of(const struct xnor_conv *conv) {
  const struct binary_weight *weight = conv->weight;
  struct workplace place = {.buffer_words = (size_t)4 * conv->rows * conv->width};
  place.block_words = place.buffer_words * weight->buffers;
  place.tables = (uint32_t *)(((uintptr_t)conv->scratch + XNOR_PAGE_BYTES - 1) / XNOR_PAGE_BYTES * XNOR_PAGE_BYTES);
  place.acc = place.tables + XNOR_TABLES_BYTES / sizeof(uint32_t);
  place.offsets = (uint16_t *)(place.acc + place.block_words * weight->blocks);
  return place;
}

void xnor_lookup_band(const struct xnor_conv *conv, const uint32_t *signs, int y, int rows) {
  const struct binary_weight *weight = conv->weight;
  const struct workplace place = workplace_of(conv);
  const int width = padded_width(conv), stride = conv->stride;
  write_offsets(conv, weight, signs, y * stride - conv->padding, place.offsets);

  const uint32_t *base = weight->tables;
  for (int block = 0; block < weight->blocks; block++) {
    uint32_t *acc = place.acc + block * place.block_words;
    const uint16_t *of_pass = place.offsets;
    int filled = 0;
    bool begins = true;
    for (const struct xnor_pass *pass = weight->passes; pass < weight->passes + weight->pass_count; pass++) {
      const struct xnor_kind *kind = pass->kind;
      for (int tap_y = 0; tap_y < XNOR_KERNEL; tap_y++) {
        uint32_t *table = place.tables;
        for (int i = 0; i < XNOR_KERNEL * kind->lookups; i++, base += table_words(pass), table += 4 << kind->bits) {
          kind->build(table, base + 4, base);
        }
        if (xnor_next_buffer(pass, &filled)) {
          acc += place.buffer_words;
          begins = true;
        }
        xnor_accumulate *const add = begins ? kind->begin[stride - 1] : kind->add[stride - 1];
        begins = false;
        const uint16_t *from = of_pass + tap_y * width * kind->lookups;
        for (int row = 0; row < rows; row++, from += stride * width * kind->lookups) {
          add(acc + (size_t)row * conv->width * 4, from, (size_t)conv->width, place.tables);
        }
      }
      of_pass += (size_t)kind->lookups * rows_read(conv) * width;
    }
  }
}

/* Matches of all blocks -> sums of a row. */
void xnor_lookup_row(const struct xnor_conv *conv, int row, int32_t *sums) {
  const struct binary_weight *weight = conv->weight;
  const struct workplace place = workplace_of(conv);
  const uint32_t n = (uint32_t)(XNOR_KERNEL * XNOR_KERNEL * conv->in_channels) * 0x10001;
  for (int block = 0, first = 0; block < weight->blocks; block++, first += XNOR_LANES) {
    const uint32_t *acc = place.acc + block * place.block_words + (size_t)row * conv->width * 4;
    const int lanes = xnor_smaller(conv->channels - first, XNOR_LANES);
    if (lanes == XNOR_LANES) {
      xnor_matches_to_sums(acc, place.buffer_words * sizeof *acc, (size_t)weight->buffers, n, sums + first,
                           (size_t)conv->channels * sizeof *sums, (size_t)conv->width);
      continue;
    }
    for (int x = 0; x < conv->width; x++, acc += 4) {
      int32_t all[XNOR_LANES];
      xnor_matches_to_sums(acc, place.buffer_words * sizeof *acc, (size_t)weight->buffers, n, all, 0, 1);
      memcpy(sums + (size_t)x * conv->channels + first, all, (size_t)lanes * sizeof *sums);
    }
  }
}

