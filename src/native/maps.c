#include "maps.h"

#include <string.h>

/* First and behind the last of the pixels of a window that lie in the map, along one axis. */
struct span {
  int first, end;
};

static struct span span_of(const struct xnor_conv *pool, int index, int extent) {
  const int start = index * pool->stride - pool->padding, end = start + pool->kernel;
  return (struct span){start < 0 ? 0 : start, end < extent ? end : extent};
}

void xnor_max_pool_row(const struct xnor_conv *pool, const float *map, int y, float *restrict values) {
  const int width = pool->in_width, channels = pool->channels;
  const struct span rows = span_of(pool, y, pool->in_height);
  for (int x = 0; x < pool->width; x++, values += channels) {
    const struct span columns = span_of(pool, x, width);
    for (int c = 0; c < channels; c++) values[c] = -__builtin_inff();
    for (int row = rows.first; row < rows.end; row++) {
      const float *restrict from = map + ((size_t)row * width + columns.first) * channels;
      for (int column = columns.first; column < columns.end; column++, from += channels) {
        for (int c = 0; c < channels; c++) values[c] = from[c] > values[c] ? from[c] : values[c];
      }
    }
  }
}

void xnor_sign_pool_row(const struct xnor_conv *pool, const uint32_t *map, const float *scale, int y, uint32_t *signs) {
  const int width = pool->in_width, words = xnor_words(pool->channels);
  const struct span rows = span_of(pool, y, pool->in_height);
  for (int word = 0; word < words; word++) {
    uint32_t falling = 0;
    for (int c = 32 * word; c < pool->channels && c < 32 * (word + 1); c++) falling |= (uint32_t)(scale[c] < 0) << (c % 32);
    for (int x = 0; x < pool->width; x++) {
      const struct span columns = span_of(pool, x, width);
      uint32_t any = 0;
      for (int row = rows.first; row < rows.end; row++) {
        const uint32_t *from = map + ((size_t)row * width + columns.first) * words + word;
        for (int column = columns.first; column < columns.end; column++, from += words) any |= *from ^ falling;
      }
      signs[(size_t)x * words + word] = any ^ falling;
    }
  }
}

void xnor_channels_row(const struct xnor_part *parts, int count, const uint8_t *maps, int width, int channels, int y,
                       float *values) {
  for (int i = 0; i < count; values += parts[i++].channels) {
    const struct xnor_part *part = &parts[i];
    const float *from = (const float *)(maps + part->map) + (size_t)y * width * part->map_channels + part->first;
    float *to = values;
    for (int x = 0; x < width; x++, from += part->map_channels, to += channels) {
      memcpy(to, from, (size_t)part->channels * sizeof *to);
    }
  }
}

/* 1 / n!: e^r to the last bits of double precision for |r| up to 104 / 256. */
static const double terms[] = {
    1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
    1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
};
#define TERMS ((int)(sizeof terms / sizeof terms[0]))

/* e^x as (e^(x/256))^256: products and sums alone, which are the same everywhere, as no library's exp is. */
static inline double exponential(double x) {
  const double part = x / 256;
  double power = terms[TERMS - 1];
  for (int n = TERMS - 2; n >= 0; n--) power = power * part + terms[n];
  for (int i = 0; i < 8; i++) power *= power;
  return power;
}

void xnor_logistic(const float *x, size_t count, float *out) {
  for (size_t i = 0; i < count; i++) {
    /* Beyond 104 both ends are reached: 1, and what is less than half of the smallest float. NaN stays. */
    double value = -(double)x[i];
    value = value < -104 ? -104 : value;
    value = value > 104 ? 104 : value;
    out[i] = (float)(1 / (1 + exponential(value)));
  }
}
