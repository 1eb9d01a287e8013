/*
 * x86-64 with AVX2, which has no popcount: four signs of the input stand for a table of 16 bytes, which says how many of
 * them differ from each four of the weights. One shuffle looks up 128 products, those of 32 output channels (as T-MAC,
 * Wei et al. 2025, does for the weights of language models). A third less work than a popcount of the difference by
 * nibbles (Mula, Kurz, Lemire 2017).
 */
#include <immintrin.h>
#include <string.h>

#include "lines.h"

static void pack_signs(const float *v, const float *scale, const float *bias, int channels, uint32_t *out) {
  const __m256 zero = _mm256_setzero_ps();
  int c = 0;
  for (; c + 32 <= channels; c += 32) {
    uint32_t word = 0;
    for (int part = 0; part < 4; part++) {
      const int at = c + 8 * part;
      const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(v + at), _mm256_loadu_ps(scale + at));
      const __m256 shifted = _mm256_add_ps(scaled, _mm256_loadu_ps(bias + at));
      word |= (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(shifted, zero, _CMP_GE_OQ)) << (8 * part);
    }
    *out++ = word;
  }
  if (c == channels) return;
  uint32_t word = 0;
  for (int bit = 0; c + bit < channels; bit++) {
    word |= (uint32_t)(v[c + bit] * scale[c + bit] + bias[c + bit] >= 0) << bit;
  }
  *out = word;
}

#define SIGN_LANES 32
#define NIBBLES 8 /* of a word */
#define WEIGHT_BYTES (NIBBLES * SIGN_LANES)
#define BYTE_LANES 8

struct laid_word {
  uint8_t differing[NIBBLES][16]; /* of nibble i and each of the 16 nibbles that a weight may be */
};

/* Row a: popcount(a ^ b) for the nibbles b. */
#define ONES(n) ((n) & 1) + ((n) >> 1 & 1) + ((n) >> 2 & 1) + ((n) >> 3 & 1)
#define FOUR(a, b) ONES((a) ^ (b)), ONES((a) ^ ((b) + 1)), ONES((a) ^ ((b) + 2)), ONES((a) ^ ((b) + 3))
#define ROW(a) {FOUR(a, 0), FOUR(a, 4), FOUR(a, 8), FOUR(a, 12)}
static const uint8_t differing_bits[16][16] __attribute__((aligned(16))) = {
    ROW(0), ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(8), ROW(9), ROW(10), ROW(11), ROW(12), ROW(13),
    ROW(14), ROW(15),
};

static inline void lay_word(uint32_t word, struct laid_word *out) {
  for (int i = 0; i < NIBBLES; i++) memcpy(out->differing[i], differing_bits[word >> (4 * i) & 15], 16);
}

static void lay_weight(uint32_t word, int lane, uint8_t *out) {
  for (int i = 0; i < NIBBLES; i++) out[i * SIGN_LANES + lane] = word >> (4 * i) & 15;
}

/* Counts of 32 bits at most fit a byte of this many words. */
#define WORDS_IN_BYTES 7

/* sums - 2 counts, for 32 channels. */
static inline void subtract_twice(int32_t *sums, __m256i counts) {
  const __m128i half[2] = {_mm256_castsi256_si128(counts), _mm256_extracti128_si256(counts, 1)};
  for (int i = 0; i < 4; i++) {
    const __m256i part = _mm256_cvtepu8_epi32(i % 2 == 0 ? half[i / 2] : _mm_srli_si128(half[i / 2], 8));
    __m256i *at = (__m256i *)sums + i;
    _mm256_storeu_si256(at, _mm256_sub_epi32(_mm256_loadu_si256(at), _mm256_slli_epi32(part, 1)));
  }
}

static inline __m256i look_up(const uint8_t *table, __m256i nibbles) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)table)), nibbles);
}

/* The nibbles of the weights of 32 output channels look up in the table that a nibble of the input stands for. */
static inline void multiply_signs(const struct window *window, const void *weight, int32_t *out, size_t channels) {
  const __m256i *w = weight;
  for (int p = 0; p < BLOCK; p++) {
    for (int lane = 0; lane < SIGN_LANES; lane++) out[p * channels + lane] = window->most;
  }
  const size_t step = window->step;
  const __m256i zero = _mm256_setzero_si256();
  __m256i c0 = zero, c1 = zero, c2 = zero, c3 = zero;
  int held = 0;
  for (int line = 0; line < window->kernel; line++) {
    const uint8_t *p0 = window->first + line * window->pitch, *p1 = p0 + step, *p2 = p1 + step, *p3 = p2 + step;
    for (size_t from = 0, end = window->run * sizeof(struct laid_word); from < end;) {
      const size_t room = (WORDS_IN_BYTES - held) * sizeof(struct laid_word);
      const size_t until = end - from < room ? end : from + room;
      held += (until - from) / sizeof(struct laid_word);
#pragma GCC unroll 4
      for (; from != until; from += 16) {
        const __m256i nibbles = _mm256_load_si256(w++);
        c0 = _mm256_add_epi8(c0, look_up(p0 + from, nibbles));
        c1 = _mm256_add_epi8(c1, look_up(p1 + from, nibbles));
        c2 = _mm256_add_epi8(c2, look_up(p2 + from, nibbles));
        c3 = _mm256_add_epi8(c3, look_up(p3 + from, nibbles));
      }
      if (held < WORDS_IN_BYTES && line < window->kernel - 1) continue;
      subtract_twice(out, c0);
      subtract_twice(out + channels, c1);
      subtract_twice(out + 2 * channels, c2);
      subtract_twice(out + 3 * channels, c3);
      c0 = c1 = c2 = c3 = zero;
      held = 0;
    }
  }
}

static inline __m256i multiply_pair(const uint8_t *pair, __m256i weight) {
  int32_t both;
  memcpy(&both, pair, sizeof both);
  return _mm256_madd_epi16(weight, _mm256_set1_epi32(both));
}

static inline void multiply_bytes(const struct window *window, const void *weight, int32_t *out, size_t channels) {
  const __m256i *w = weight;
  __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
  for (int line = 0; line < window->kernel; line++) {
    const uint8_t *p0 = window->first + line * window->pitch;
    const uint8_t *p1 = p0 + window->step, *p2 = p1 + window->step, *p3 = p2 + window->step;
    for (int i = 0; i < window->run; i++) {
      const __m256i pair = _mm256_load_si256(w++);
      s0 = _mm256_add_epi32(s0, multiply_pair(p0 + 4 * i, pair));
      s1 = _mm256_add_epi32(s1, multiply_pair(p1 + 4 * i, pair));
      s2 = _mm256_add_epi32(s2, multiply_pair(p2 + 4 * i, pair));
      s3 = _mm256_add_epi32(s3, multiply_pair(p3 + 4 * i, pair));
    }
  }
  _mm256_storeu_si256((__m256i *)out, s0);
  _mm256_storeu_si256((__m256i *)(out + channels), s1);
  _mm256_storeu_si256((__m256i *)(out + 2 * channels), s2);
  _mm256_storeu_si256((__m256i *)(out + 3 * channels), s3);
}

#include "lines.inl"
#include "combine.inl"
#include "post.inl"
#include "threshold.inl"

#define WIDE 8
typedef __m256 wide;
typedef int lanes; /* all of them are there */

static inline bool has_lanes(int channels) { return channels % WIDE == 0; }
static inline lanes first_lanes(int count) { return count; }

static inline wide load_wide(const float *from, lanes there) {
  (void)there;
  return _mm256_loadu_ps(from);
}

static inline void store_wide(float *to, wide v, lanes there) {
  (void)there;
  _mm256_storeu_ps(to, v);
}

static inline wide load_sums(const int32_t *from, lanes there) {
  (void)there;
  return _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)from));
}

static inline wide positive_or(wide v, wide other) {
  return _mm256_blendv_ps(other, v, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ));
}

static inline uint32_t sign_bits(wide v, lanes there) {
  (void)there;
  return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GE_OQ));
}

static inline void store_bytes(int8_t *to, wide v, lanes there) {
  (void)there;
  /* The order of the arguments makes -128 of NaN. */
  v = _mm256_min_ps(_mm256_max_ps(v, _mm256_set1_ps(-128)), _mm256_set1_ps(127));
  const __m256i whole = _mm256_sub_epi32(_mm256_cvttps_epi32(v + 128.5f), _mm256_set1_epi32(128));
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  _mm_storel_epi64((__m128i *)to, _mm_packs_epi16(words, words));
}

#include "post_wide.inl"

static bool supported(void) { return __builtin_cpu_supports("avx2"); }

const struct xnor_kernels xnor_avx2 = {
    "avx2", supported, prepare_binary, prepare_int8, binary_rows, NULL, int8_rows, NULL, post_row_wide,
    threshold_row, combine,
};
