#include "resample_armv6.h"

#include <arm_acle.h>
#include <stddef.h>
#include <string.h>

#include "gather.h"

#define HALF 2048
#define SHIFT 12
#define RUN_X 4
#define RUN_Y 2
#define MAX_LINES 64

void xnor_paired_row_1(const uint16_t *first, const uint32_t *weights, const uint8_t *line, uint8_t *out, size_t pairs);
void xnor_paired_row_2(const uint16_t *first, const uint32_t *weights, const uint8_t *line, uint8_t *out, size_t pairs);

/* Cuts the taps of an axis into runs of `run`; false when the axis is too short for them, or memory is out. */
static bool prepare_axis(struct xnor_paired_axis *axis, const int32_t *table, int32_t run) {
  axis->in_size = table[0];
  axis->out_size = table[1];
  const int32_t *first = table + 2, *offsets = first + axis->out_size, *weights = offsets + axis->out_size + 1;
  axis->runs = 1;
  for (int32_t i = 0; i < axis->out_size; i++) {
    while (axis->runs * run < offsets[i + 1] - offsets[i]) axis->runs++;
  }
  const int32_t taps = axis->runs * run;
  if (taps > axis->in_size) return false;
  const size_t outputs = (size_t)axis->out_size + 3; /* along x they are computed, and read ahead, by twos */
  axis->first = xnor_allocate(outputs * sizeof *axis->first);
  axis->weights = xnor_allocate(outputs * taps / 2 * sizeof *axis->weights);
  if (axis->first == NULL || axis->weights == NULL) return false;
  for (int32_t i = 0; i < axis->out_size; i++) {
    const int32_t start = first[i] + taps <= axis->in_size ? first[i] : axis->in_size - taps;
    axis->first[i] = (uint16_t)start;
    for (int32_t t = 0; t < offsets[i + 1] - offsets[i]; t++) {
      const int32_t tap = first[i] + t - start;
      /* Bytes 0 and 2 of a word make a pair, and 1 and 3; along y neighbors do. */
      const int32_t pair = run == RUN_X ? tap / 4 * 2 + tap % 2 : tap / 2;
      const int32_t upper = run == RUN_X ? tap / 2 % 2 : tap % 2;
      axis->weights[(size_t)i * taps / 2 + pair] |= (uint32_t)weights[offsets[i] + t] << (16 * upper);
    }
  }
  return true;
}

void xnor_paired_prepare(struct xnor_paired *paired, const int32_t *table_x, const int32_t *table_y) {
  if (!prepare_axis(&paired->x, table_x, RUN_X) || !prepare_axis(&paired->y, table_y, RUN_Y)) return;
  paired->lines = 1;
  while (paired->lines < RUN_Y * paired->y.runs) paired->lines *= 2;
  paired->width = (paired->x.out_size + 3) / 4 * 4;
  if (paired->lines > MAX_LINES) return;
  paired->ring = xnor_allocate((size_t)paired->lines * paired->width);
  paired->ready = paired->ring != NULL;
}

void xnor_paired_free(struct xnor_paired *paired) {
  xnor_release(paired->x.first);
  xnor_release(paired->x.weights);
  xnor_release(paired->y.first);
  xnor_release(paired->y.weights);
  xnor_release(paired->ring);
}

static inline uint32_t load(const uint8_t *at) {
  uint32_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

/* Instructions that gcc 12 makes two or three of: UXTB16 of bytes 1 and 3, PKHBT and PKHTB. */
static inline uint32_t odd_bytes(uint32_t word) {
  uint32_t result;
  __asm__("uxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
  return result;
}

/* The lower halves of a and b. */
static inline int16x2_t lows(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(a), "r"(b));
  return (int16x2_t)result;
}

/* The upper halves of a and b. */
static inline int16x2_t highs(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(b), "r"(a));
  return (int16x2_t)result;
}

/* Two sums as results of 16 bits. */
static inline uint32_t results(int32_t a, int32_t b) {
  uint32_t result;
  __asm__("pkhbt %0, %1, %2, lsl %3" : "=r"(result) : "r"(a >> SHIFT), "r"(b), "i"(16 - SHIFT));
  return result;
}

static inline int32_t add_run(uint32_t word, const uint32_t *weights, int32_t sum) {
  const int32_t even = __smlad((int16x2_t)__uxtb16(word), (int16x2_t)weights[0], sum);
  return __smlad((int16x2_t)odd_bytes(word), (int16x2_t)weights[1], even);
}

static void resample_row(const struct xnor_paired_axis *x, const uint8_t *line, uint8_t *out) {
  const size_t pairs = ((size_t)x->out_size + 1) / 2;
  if (x->runs == 1) { /* chroma of 640 pixels */
    xnor_paired_row_1(x->first, x->weights, line, out, pairs);
    return;
  }
  if (x->runs == 2) { /* luma */
    xnor_paired_row_2(x->first, x->weights, line, out, pairs);
    return;
  }
  const uint32_t *weights = x->weights;
  for (int32_t i = 0; i < x->out_size; i++) {
    const uint8_t *at = line + x->first[i];
    int32_t sum = HALF;
    for (int32_t run = 0; run < x->runs; run++, weights += 2, at += 4) sum = add_run(load(at), weights, sum);
    out[i] = (uint8_t)(sum >> SHIFT);
  }
}

/* Four columns of one row of the output from 2 * runs lines of the ring. */
static inline uint32_t resample_four(const uint32_t *weights, int32_t runs, const uint8_t *const *lines, int32_t column) {
  int32_t s0 = HALF, s1 = HALF, s2 = HALF, s3 = HALF;
  for (int32_t run = 0; run < runs; run++) {
    const uint32_t a = load(lines[2 * run] + column), b = load(lines[2 * run + 1] + column);
    const uint32_t a02 = (uint32_t)__uxtb16(a), a13 = odd_bytes(a), b02 = (uint32_t)__uxtb16(b), b13 = odd_bytes(b);
    const int16x2_t weight = (int16x2_t)weights[run];
    s0 = __smlad(lows(a02, b02), weight, s0);
    s2 = __smlad(highs(a02, b02), weight, s2);
    s1 = __smlad(lows(a13, b13), weight, s1);
    s3 = __smlad(highs(a13, b13), weight, s3);
  }
  return results(s0, s2) | results(s1, s3) << 8;
}

static inline void resample_columns(const uint32_t *weights, int32_t runs, const uint8_t *const *lines, int32_t width,
                                    uint8_t *out) {
  int32_t column = 0;
  for (; column + 4 <= width; column += 4) {
    const uint32_t four = resample_four(weights, runs, lines, column);
    memcpy(out + column, &four, sizeof four);
  }
  if (column == width) return;
  const uint32_t four = resample_four(weights, runs, lines, column);
  memcpy(out + column, &four, (size_t)(width - column));
}

/* One row of the output. */
static void resample_column(const uint32_t *weights, int32_t runs, const uint8_t *const *lines, int32_t width,
                            uint8_t *out) {
  if (runs == 2) { /* the usual cases: chroma, then luma of 480 pixels */
    resample_columns(weights, 2, lines, width, out);
  } else if (runs == 3) {
    resample_columns(weights, 3, lines, width, out);
  } else {
    resample_columns(weights, runs, lines, width, out);
  }
}

void xnor_paired_resample(struct xnor_paired *paired, const uint8_t *source, uint8_t *out, int64_t stride) {
  const struct xnor_paired_axis *x = &paired->x, *y = &paired->y;
  const int32_t taps = RUN_Y * y->runs;
  int32_t have = 0; /* rows of the source up to this one are in the ring, as far as it reaches back */
  for (int32_t i = 0; i < y->out_size; i++, out += stride) {
    const uint8_t *lines[MAX_LINES];
    const int32_t first = y->first[i];
    if (have < first) have = first;
    for (; have < first + taps; have++) {
      resample_row(x, source + (int64_t)have * x->in_size, paired->ring + (have & (paired->lines - 1)) * paired->width);
    }
    for (int32_t t = 0; t < taps; t++) lines[t] = paired->ring + ((first + t) & (paired->lines - 1)) * paired->width;
    resample_column(y->weights + (int64_t)i * y->runs, y->runs, lines, x->out_size, out);
  }
}
