#include "threshold.h"

#include "gather.h"

#define SEARCH_STEPS 32 /* halve a range of 2^32 down to one */

/* What the pass makes of one pixel. */
struct pixel {
  int32_t *sums;
  float *values, *real;
  uint32_t *signs;
};

static void run_pixel(const struct xnor_kernels *kernels, const struct xnor_post *post, const struct pixel *pixel) {
  struct xnor_post one = *post;
  one.width = 1;
  one.real = pixel->real;
  one.signs = pixel->signs;
  kernels->post_row(&one, 0, pixel->sums, pixel->values);
}

static void run_pixel_of(const struct xnor_kernels *kernels, const struct xnor_post *post, const struct pixel *pixel,
                         int32_t sum) {
  for (int c = 0; c < post->channels; c++) pixel->sums[c] = sum;
  run_pixel(kernels, post, pixel);
}

static bool all_finite(const float *values, int count) {
  for (int i = 0; i < count; i++) {
    if (!__builtin_isfinite(values[i])) return false;
  }
  return true;
}

/*
 * Whether no step of the pass turns back. A scale of any sign is fine, an activation with a slope below 0 is not. Between
 * values that are finite at both ends of the sums all are, whatever the scale and the bias.
 */
static bool is_monotone(const struct xnor_kernels *kernels, const struct xnor_post *post, const struct pixel *pixel) {
  const int channels = post->channels;
  for (int c = 0; post->slope != NULL && c < channels; c++) {
    if (!(post->slope[c] >= 0)) return false;
  }
  if (!all_finite(post->sign_scale, channels) || !all_finite(post->sign_bias, channels)) return false;
  run_pixel_of(kernels, post, pixel, INT32_MAX);
  if (!all_finite(pixel->real, channels)) return false;
  run_pixel_of(kernels, post, pixel, -INT32_MAX);
  return all_finite(pixel->real, channels);
}

static uint32_t bit_of(const uint32_t *words, int c) { return words[c / 32] >> (c % 32) & 1; }

/* For each channel the least sum whose sign is another one than that of the least of all; INT32_MAX where all are alike. */
static void search(const struct xnor_kernels *kernels, const struct xnor_post *post, const struct pixel *pixel,
                   int32_t *below, struct xnor_thresholds *thresholds) {
  const int channels = post->channels;
  int32_t *least = thresholds->least;
  run_pixel_of(kernels, post, pixel, -INT32_MAX);
  for (int i = 0; i < xnor_words(channels); i++) thresholds->inverted[i] = pixel->signs[i];
  for (int c = 0; c < channels; c++) {
    below[c] = -INT32_MAX;
    least[c] = INT32_MAX;
  }
  for (int step = 0; step < SEARCH_STEPS; step++) {
    for (int c = 0; c < channels; c++) {
      pixel->sums[c] = below[c] + (int32_t)(((uint32_t)least[c] - (uint32_t)below[c]) / 2);
    }
    run_pixel(kernels, post, pixel);
    for (int c = 0; c < channels; c++) {
      int32_t *end = bit_of(pixel->signs, c) == bit_of(thresholds->inverted, c) ? below : least;
      end[c] = pixel->sums[c];
    }
  }
}

bool xnor_thresholds_prepare(const struct xnor_kernels *kernels, const struct xnor_post *post,
                             struct xnor_thresholds *thresholds) {
  const size_t channels = (size_t)post->channels, words = (size_t)xnor_words(post->channels);
  *thresholds = (struct xnor_thresholds){.least = NULL};
  /* Of the search: sums, the lower end of what is searched, values with the room of a row of one pixel, real, signs. */
  int32_t *work = xnor_allocate((5 * channels + words) * sizeof *work);
  int32_t *kept = xnor_allocate((channels + words) * sizeof *kept);
  bool done = work != NULL && kept != NULL;
  if (done) {
    int32_t *below = work + channels;
    float *values = (float *)(below + channels), *real = values + 2 * channels;
    const struct pixel pixel = {work, values, real, (uint32_t *)(real + channels)};
    if (is_monotone(kernels, post, &pixel)) {
      *thresholds = (struct xnor_thresholds){kept, (uint32_t *)kept + channels};
      search(kernels, post, &pixel, below, thresholds);
      kept = NULL;
    }
  }
  xnor_release(work);
  xnor_release(kept);
  return done;
}
