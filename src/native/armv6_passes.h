/* How a binary convolution by look-up is cut into passes; see armv6_lookup.c. */
#ifndef XNOR_ARMV6_PASSES_H
#define XNOR_ARMV6_PASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XNOR_KERNEL 3    /* the look-ups are for windows of 3x3 */
#define XNOR_LANES 16    /* 8-bit lanes of a table row */
#define XNOR_ROW_BYTES 16
#define XNOR_MAX_BITS 6
#define XNOR_TABLES_BYTES (6144 + 64) /* of the largest kind, and what armv6_lut.S keeps behind them */
#define XNOR_PAGE_BYTES 4096          /* aligned to it, tables are aligned to their size */
#define XNOR_READ_BEYOND_BYTES 64 /* the look-ups load offsets ahead */

typedef void xnor_accumulate(uint32_t *acc, const uint16_t *offsets, size_t pixels, const uint32_t *tables);
typedef void xnor_build_table(uint32_t *table, const uint32_t *delta, const uint32_t *base);

/*
 * What a pass may look like: for each of the three taps of a kernel row `lookups` look-ups of `bits` channels. Their
 * tables take 1.5 to 6 KB of the cache, which replaces at random: more tables would be thrown out by what streams by.
 */
struct xnor_kind {
  int lookups, bits;
  xnor_accumulate *add[2];   /* at stride 1 and 2 */
  xnor_accumulate *begin[2]; /* the same, to accumulators that hold nothing yet */
  xnor_build_table *build;
};

/* Channels `first` to first + channels - 1 of the input. */
struct xnor_pass {
  const struct xnor_kind *kind;
  int first, channels;
};

/*
 * The cheapest passes that together serve so many channels, each over a kernel row and so many pixels. Returns their
 * number, writes them to `passes` unless it is NULL. 0: out of memory.
 */
int xnor_choose_passes(int channels, int pixels, struct xnor_pass *passes);

/* Channels of a look-up; behind a pass's last channel none. */
int xnor_bits_of(const struct xnor_pass *pass, int lookup);

/* Whether the accumulators must change before this pass; `filled` is what a lane may hold by now. */
bool xnor_next_buffer(const struct xnor_pass *pass, int *filled);

/* Buffers of accumulators for all passes: before a lane could overflow, the next one takes over. */
int xnor_buffers_for(const struct xnor_pass *passes, int count);

static inline int xnor_smaller(int a, int b) { return a < b ? a : b; }

/* Without a division, for which libgcc has ARMv7 code only. */
static inline int xnor_divide_up(int value, int by) {
  int result = 0;
  for (; value > 0; value -= by) result++;
  return result;
}

#endif
