/*
 * ARM1176JZF-S, the chip of the Pi Zero: the convolutions of armv6.c, and behind them the short vectors of its VFP11,
 * which cores with VFPv3 no longer have.
 */
#include <asm/hwcap.h>
#include <string.h>
#include <sys/auxv.h>

#include "armv6.h"
#include "armv6_passes.h"
#include "gather.h"

#define GROUP 8 /* elements of a vector */

/* Values that go through the passes together, about: they stay in the cache, and a call pays for several pixels. */
#define BATCH 256

struct affine_args {
  const int32_t *sums;
  const float *scale, *bias, *shortcut, *slope;
  float *values, *real;
  size_t groups, pixels; /* of a pixel; that follow each other in sums, shortcut, values and real */
};

typedef void affine(const struct affine_args *args);
affine xnor_vfp_affine, xnor_vfp_affine_slope, xnor_vfp_affine_shortcut, xnor_vfp_affine_shortcut_slope;
void xnor_vfp_signs(const float *values, const float *scale, const float *bias, uint32_t *words, size_t count,
                    size_t pixels);
void xnor_vfp_bytes(const float *values, const float *scale, int8_t *out, size_t groups, size_t pixels);
void xnor_vfp_mean(const float *upper, const float *lower, size_t channels, float *out);

/* Sums (pixels, channels) -> values, with a shortcut of `narrow` channels that repeats; or NULL. */
static void affine_pixels(const struct xnor_post *post, const int32_t *sums, const float *shortcut, int narrow, int pixels,
                          float *values, float *real) {
  affine *const call = shortcut == NULL ? (post->slope == NULL ? xnor_vfp_affine : xnor_vfp_affine_slope)
                                        : (post->slope == NULL ? xnor_vfp_affine_shortcut : xnor_vfp_affine_shortcut_slope);
  for (int first = 0; first < post->channels; first += narrow) {
    const struct affine_args args = {
        sums + first, post->scale + first, post->bias + first, shortcut,
        post->slope == NULL ? NULL : post->slope + first, values + first, real + first, (size_t)narrow / GROUP, (size_t)pixels,
    };
    call(&args);
  }
}

/* Shortcut of a pixel; `mean` has room for its channels. */
static const float *shortcut_of(const struct xnor_post *post, int y, int x, float *mean) {
  const int narrow = post->shortcut_channels;
  const size_t below = (size_t)post->shortcut_width * narrow;
  if (post->shortcut == XNOR_SHORTCUT_NONE) return NULL;
  if (post->shortcut == XNOR_SHORTCUT_SAME) return post->shortcut_map + y * below + (size_t)x * narrow;
  if (post->shortcut == XNOR_SHORTCUT_TWICE) return post->shortcut_map + (y >> 1) * below + (size_t)(x >> 1) * narrow;
  const float *upper = post->shortcut_map + 2 * y * below + (size_t)(2 * x) * narrow;
  xnor_vfp_mean(upper, upper + below, (size_t)narrow, mean);
  return mean;
}

static void post_row(const struct xnor_post *post, int y, const int32_t *sums, float *values) {
  const int width = post->width, channels = post->channels;
  const int narrow = post->shortcut == XNOR_SHORTCUT_NONE ? channels : post->shortcut_channels;
  if (sums == NULL || post->planes != NULL || channels % GROUP != 0 || narrow % GROUP != 0) {
    xnor_armv6_post_row(post, y, sums, values);
    return;
  }
  const bool follow = post->shortcut == XNOR_SHORTCUT_NONE || (post->shortcut == XNOR_SHORTCUT_SAME && narrow == channels);
  const int most = follow ? xnor_divide_up(BATCH, channels) : 1;
  const int words = xnor_words(channels);
  for (int x = 0, pixels; x < width; x += pixels, sums += pixels * channels) {
    pixels = xnor_smaller(most, width - x);
    const size_t first = (size_t)y * width + x;
    float *real = post->real == NULL ? values : post->real + first * channels;
    affine_pixels(post, sums, shortcut_of(post, y, x, values + channels), narrow, pixels, values, real);
    if (post->signs != NULL && channels % 32 == 0) {
      xnor_vfp_signs(values, post->sign_scale, post->sign_bias, post->signs + first * words, (size_t)words, (size_t)pixels);
    } else if (post->signs != NULL) {
      for (int i = 0; i < pixels; i++) {
        xnor_pack_signs(values + i * channels, post->sign_scale, post->sign_bias, channels, post->signs + (first + i) * words);
      }
    }
    if (post->bytes != NULL) {
      xnor_vfp_bytes(values, post->byte_scale, post->bytes + first * channels, (size_t)channels / GROUP, (size_t)pixels);
    }
  }
}

static bool supported(void) { return (getauxval(AT_HWCAP) & (HWCAP_VFP | HWCAP_VFPv3)) == HWCAP_VFP; }

const struct xnor_kernels xnor_arm1176 = {
    "arm1176", supported, xnor_armv6_prepare_binary, xnor_armv6_prepare_int8, xnor_armv6_binary_band,
    xnor_armv6_binary_row, NULL, xnor_armv6_int8_row, post_row,
    xnor_armv6_threshold_row, xnor_armv6_combine,
};
