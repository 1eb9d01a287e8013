/* What a variant (portable, avx2, armv6, ...) brings: the loops in which the time goes. */
#ifndef XNOR_KERNELS_H
#define XNOR_KERNELS_H

#include "xnor.h"

/* A convolution of signs or bytes, ready to run. */
struct xnor_conv {
  int in_height, in_width, in_channels;
  int height, width, channels;
  int kernel, stride, padding;
  bool padding_ones;   /* of signs */
  int8_t padding_byte; /* of bytes */
  int rows;         /* of a band of the output: what `prepare_*` found best */
  int taps;         /* kernel * kernel * (words of in_channels, or pairs of in_channels) */
  void *weight;     /* as the variant's `prepare_*` laid it out */
  void *scratch;    /* of `scratch_bytes`, shared by all convolutions of a network */
  size_t scratch_bytes;
};

/* Sums -> outputs, for one row. Tensors of (channels) floats; NULL: left out. */
struct xnor_post {
  int width, channels;
  const float *scale, *bias;
  enum xnor_shortcut shortcut;
  const float *shortcut_map;
  int shortcut_width, shortcut_channels;
  const float *slope;
  float *real;
  uint32_t *signs;
  const float *sign_scale, *sign_bias;
  int8_t *bytes;
  const float *byte_scale;
  uint32_t *planes; /* plane_count bit maps of `plane_words` each */
  const float *plane_scale;
  int plane_count;
  size_t plane_words;
};

/* Signs of integer sums: bit = (sum >= least) ^ inverted; see threshold.h. */
struct xnor_thresholds {
  int32_t *least;     /* (channels); NULL: there are none */
  uint32_t *inverted; /* a bit a channel; in the same memory */
};

/*
 * How the sums of binary convolutions become those of a convolution of more bits, for `channels` channels:
 * sums = (first ? 0 : 2 * sums) + the sum over the filters j of 2^j * part (ternary: of part), and where it is the last
 * plane, (sums + constants) / 2. part: (pixels, filters, channels).
 */
struct xnor_combine {
  int channels, filters;
  bool ternary, first, last;
  const int32_t *constants;
};

struct xnor_kernels {
  const char *name;
  bool (*supported)(void);
  /* Lays out the weights; false: out of memory. Sets weight, rows and scratch_bytes. */
  bool (*prepare_binary)(struct xnor_conv *conv, const uint32_t *weight);
  bool (*prepare_int8)(struct xnor_conv *conv, const int8_t *weight);
  /*
   * A convolution goes band by band: `rows` rows of the output from row y on, then each of them. *_band, or NULL: what
   * pays for several rows at a time. *_row: row y, the one of index `row` in its band, to `sums` (width, channels); where
   * it is NULL, *_band has written the sums of all its rows, (rows, width, channels).
   */
  void (*binary_band)(const struct xnor_conv *conv, const uint32_t *signs, int y, int rows, int32_t *sums);
  void (*binary_row)(const struct xnor_conv *conv, const uint32_t *signs, int y, int row, int32_t *sums);
  void (*int8_band)(const struct xnor_conv *conv, const int8_t *bytes, int y, int rows, int32_t *sums);
  void (*int8_row)(const struct xnor_conv *conv, const int8_t *bytes, int y, int row, int32_t *sums);
  /* sums (width, channels), or NULL: the values. values: room for (width + 1, channels), overwritten. */
  void (*post_row)(const struct xnor_post *post, int y, const int32_t *sums, float *values);
  /* sums (width, channels) -> signs (width, words of channels). */
  void (*threshold_row)(const struct xnor_thresholds *thresholds, const int32_t *sums, int width, int channels,
                        uint32_t *signs);
  /* Sums of one bit-plane to those of the planes before; see low_bit.h. */
  void (*combine)(const struct xnor_combine *combine, const int32_t *part, size_t pixels, int32_t *sums);
};

extern const struct xnor_kernels xnor_portable;
#if defined(__x86_64__)
extern const struct xnor_kernels xnor_avx2, xnor_avx512;
#elif defined(__aarch64__) || defined(__ARM_NEON)
extern const struct xnor_kernels xnor_neon;
#elif defined(__arm__)
extern const struct xnor_kernels xnor_armv6, xnor_arm1176;
#elif defined(__wasm_simd128__)
extern const struct xnor_kernels xnor_simd128;
#endif

static inline int xnor_words(int channels) { return (channels + 31) / 32; }

#endif
