#include "resample.h"

#include <string.h>

#include "gather.h"
#if defined(__ARM_FEATURE_SIMD32) && !defined(__ARM_NEON)
#include "resample_armv6.h"
#define PAIRED
#endif

#define SHIFT 12
#define ONE (1 << SHIFT)
#define MAX_SIZE 65536

/* One axis: output i is (sum of weights[t] * x[first[i] + t - offsets[i]] + ONE / 2) >> SHIFT. */
struct taps {
  int32_t in_size, out_size;
  const int32_t *first, *offsets, *weights;
};

struct xnor_resampler {
  struct taps x, y;
  int32_t *table_x, *table_y;
  uint8_t *rows; /* (y.in_size, x.out_size): resampled along x only */
  int32_t *sums; /* (x.out_size) */
#ifdef PAIRED
  struct xnor_paired paired; /* where both axes are long enough for it */
#endif
};

static const char *read_taps(const int32_t *table, size_t length, struct taps *taps) {
  if (length < 2) return "a table of taps is too short";
  taps->in_size = table[0];
  taps->out_size = table[1];
  if (taps->in_size < 1 || taps->in_size > MAX_SIZE || taps->out_size < 1 || taps->out_size > MAX_SIZE) {
    return "a size of a table of taps is out of range";
  }
  const size_t out_size = (size_t)taps->out_size;
  const size_t head = 2 + out_size + out_size + 1;
  if (length < head) return "a table of taps is too short";
  taps->first = table + 2;
  taps->offsets = taps->first + out_size;
  taps->weights = table + head;
  if (taps->offsets[0] != 0 || (int64_t)taps->offsets[out_size] != (int64_t)(length - head)) {
    return "the weights of a table of taps have another number than its offsets say";
  }
  for (size_t i = 0; i < out_size; i++) {
    const int64_t count = (int64_t)taps->offsets[i + 1] - taps->offsets[i];
    if (count < 1 || taps->first[i] < 0 || taps->first[i] + count > taps->in_size) return "a tap lies outside its axis";
  }
  for (size_t i = 0; i < out_size; i++) {
    int64_t sum = 0;
    for (int32_t t = taps->offsets[i]; t < taps->offsets[i + 1]; t++) {
      if (taps->weights[t] < 0) return "a weight is negative";
      sum += taps->weights[t];
    }
    if (sum != ONE) return "the weights of an output do not sum to 4096";
  }
  return NULL;
}

struct xnor_resampler *xnor_resampler_create(const int32_t *x, size_t x_length, const int32_t *y, size_t y_length,
                                             const char **problem) {
  struct xnor_resampler *resampler = xnor_allocate(sizeof *resampler);
  *problem = "out of memory";
  if (resampler == NULL) return NULL;
  resampler->table_x = xnor_allocate(x_length * sizeof *x);
  resampler->table_y = xnor_allocate(y_length * sizeof *y);
  if (resampler->table_x != NULL && resampler->table_y != NULL) {
    if (x_length > 0) memcpy(resampler->table_x, x, x_length * sizeof *x);
    if (y_length > 0) memcpy(resampler->table_y, y, y_length * sizeof *y);
    const char *broken = read_taps(resampler->table_x, x_length, &resampler->x);
    if (broken == NULL) broken = read_taps(resampler->table_y, y_length, &resampler->y);
    if (broken == NULL) {
      resampler->rows = xnor_allocate((size_t)resampler->y.in_size * (size_t)resampler->x.out_size);
      resampler->sums = xnor_allocate((size_t)resampler->x.out_size * sizeof *resampler->sums);
      if (resampler->rows != NULL && resampler->sums != NULL) {
#ifdef PAIRED
        xnor_paired_prepare(&resampler->paired, x, y);
#endif
        return resampler;
      }
    } else {
      *problem = broken;
    }
  }
  xnor_resampler_free(resampler);
  return NULL;
}

void xnor_resampler_free(struct xnor_resampler *resampler) {
  if (resampler == NULL) return;
#ifdef PAIRED
  xnor_paired_free(&resampler->paired);
#endif
  xnor_release(resampler->table_x);
  xnor_release(resampler->table_y);
  xnor_release(resampler->rows);
  xnor_release(resampler->sums);
  xnor_release(resampler);
}

static void resample_row(const struct taps *taps, const uint8_t *line, uint8_t *out) {
  const int32_t *weight = taps->weights;
  for (int32_t i = 0; i < taps->out_size; i++) {
    const uint8_t *x = line + taps->first[i];
    int32_t sum = ONE / 2;
    for (int32_t count = taps->offsets[i + 1] - taps->offsets[i]; count > 0; count--) sum += *weight++ * *x++;
    out[i] = (uint8_t)(sum >> SHIFT);
  }
}

bool xnor_resample(struct xnor_resampler *resampler, const uint8_t *source, size_t source_bytes, int64_t from, uint8_t *out,
                   size_t out_bytes, int64_t to, int64_t stride) {
  const struct taps *x = &resampler->x, *y = &resampler->y;
  const int64_t width = x->out_size;
  const int64_t needed = (int64_t)y->in_size * x->in_size;
  if (from < 0 || from > (int64_t)source_bytes || needed > (int64_t)source_bytes - from) return false;
  if (to < 0 || to > (int64_t)out_bytes || stride < width || stride > (int64_t)out_bytes ||
      stride * (y->out_size - 1) + width > (int64_t)out_bytes - to) {
    return false;
  }
#ifdef PAIRED
  if (resampler->paired.ready) {
    xnor_paired_resample(&resampler->paired, source + from, out + to, stride);
    return true;
  }
#endif
  for (int32_t row = 0; row < y->in_size; row++) {
    resample_row(x, source + from + (int64_t)row * x->in_size, resampler->rows + row * width);
  }
  /* Whole rows are added up: walking down columns would miss the cache. */
  for (int32_t i = 0; i < y->out_size; i++) {
    int32_t *restrict sums = resampler->sums;
    for (int64_t column = 0; column < width; column++) sums[column] = ONE / 2;
    const uint8_t *restrict line = resampler->rows + y->first[i] * width;
    for (int32_t t = y->offsets[i]; t < y->offsets[i + 1]; t++, line += width) {
      const int32_t weight = y->weights[t];
      for (int64_t column = 0; column < width; column++) sums[column] += weight * line[column];
    }
    uint8_t *to_row = out + to + i * stride;
    for (int64_t column = 0; column < width; column++) to_row[column] = (uint8_t)(sums[column] >> SHIFT);
  }
  return true;
}
