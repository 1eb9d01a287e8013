/* x86-64 with AVX-512 VPOPCNTDQ (Ice Lake, Zen 4 and later): the popcount of 16 words in one instruction. */
#include <immintrin.h>
#include <string.h>

#include "lines.h"

static void pack_signs(const float *v, const float *scale, const float *bias, int channels, uint32_t *out) {
  const __m512 zero = _mm512_setzero_ps();
  for (int first = 0; first < channels; first += 32) {
    uint32_t word = 0;
    for (int half = 0; half < 2; half++) {
      const int c = first + 16 * half, rest = channels - c;
      const __mmask16 lanes = rest >= 16 ? 0xffff : rest <= 0 ? 0 : (__mmask16)((1u << rest) - 1);
      const __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, v + c), _mm512_maskz_loadu_ps(lanes, scale + c));
      const __m512 shifted = _mm512_add_ps(scaled, _mm512_maskz_loadu_ps(lanes, bias + c));
      word |= (uint32_t)_mm512_mask_cmp_ps_mask(lanes, shifted, zero, _CMP_GE_OQ) << (16 * half);
    }
    *out++ = word;
  }
}

#define SIGN_LANES 16
#define WEIGHT_BYTES 64
#define BYTE_LANES 16

struct laid_word {
  uint32_t word;
};

static inline void lay_word(uint32_t word, struct laid_word *out) { out->word = word; }

static void lay_weight(uint32_t word, int lane, uint8_t *out) { memcpy(out + lane * sizeof word, &word, sizeof word); }

static inline __m512i load_for_all(const uint8_t *from) {
  int32_t word;
  memcpy(&word, from, sizeof word);
  return _mm512_set1_epi32(word);
}

static inline __m512i differing(__m512i weight, const uint8_t *word) {
  return _mm512_popcnt_epi32(_mm512_xor_si512(weight, load_for_all(word)));
}

static inline void multiply_signs(const struct window *window, const void *weight, int32_t *out, size_t channels) {
  const __m512i *w = weight;
  __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
  for (int line = 0; line < window->kernel; line++) {
    const uint8_t *p0 = window->first + line * window->pitch;
    const uint8_t *p1 = p0 + window->step, *p2 = p1 + window->step, *p3 = p2 + window->step;
    for (int i = 0; i < window->run; i++) {
      const __m512i words = _mm512_load_si512(w++);
      s0 = _mm512_add_epi32(s0, differing(words, p0 + 4 * i));
      s1 = _mm512_add_epi32(s1, differing(words, p1 + 4 * i));
      s2 = _mm512_add_epi32(s2, differing(words, p2 + 4 * i));
      s3 = _mm512_add_epi32(s3, differing(words, p3 + 4 * i));
    }
  }
  const __m512i most = _mm512_set1_epi32(window->most);
  _mm512_storeu_si512(out, _mm512_sub_epi32(most, _mm512_slli_epi32(s0, 1)));
  _mm512_storeu_si512(out + channels, _mm512_sub_epi32(most, _mm512_slli_epi32(s1, 1)));
  _mm512_storeu_si512(out + 2 * channels, _mm512_sub_epi32(most, _mm512_slli_epi32(s2, 1)));
  _mm512_storeu_si512(out + 3 * channels, _mm512_sub_epi32(most, _mm512_slli_epi32(s3, 1)));
}

static inline __m512i products(__m512i weight, const uint8_t *pair) {
  return _mm512_madd_epi16(weight, load_for_all(pair));
}

static inline void multiply_bytes(const struct window *window, const void *weight, int32_t *out, size_t channels) {
  const __m512i *w = weight;
  __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
  for (int line = 0; line < window->kernel; line++) {
    const uint8_t *p0 = window->first + line * window->pitch;
    const uint8_t *p1 = p0 + window->step, *p2 = p1 + window->step, *p3 = p2 + window->step;
    for (int i = 0; i < window->run; i++) {
      const __m512i pairs = _mm512_load_si512(w++);
      s0 = _mm512_add_epi32(s0, products(pairs, p0 + 4 * i));
      s1 = _mm512_add_epi32(s1, products(pairs, p1 + 4 * i));
      s2 = _mm512_add_epi32(s2, products(pairs, p2 + 4 * i));
      s3 = _mm512_add_epi32(s3, products(pairs, p3 + 4 * i));
    }
  }
  _mm512_storeu_si512(out, s0);
  _mm512_storeu_si512(out + channels, s1);
  _mm512_storeu_si512(out + 2 * channels, s2);
  _mm512_storeu_si512(out + 3 * channels, s3);
}

#include "lines.inl"
#include "combine.inl"
#include "post.inl"
#include "threshold.inl"

#define WIDE 16
typedef __m512 wide;
typedef __mmask16 lanes;

static inline bool has_lanes(int channels) { return channels > 0; }
static inline lanes first_lanes(int count) { return count >= WIDE ? 0xffff : (lanes)((1u << count) - 1); }
static inline wide load_wide(const float *from, lanes there) { return _mm512_maskz_loadu_ps(there, from); }
static inline void store_wide(float *to, wide v, lanes there) { _mm512_mask_storeu_ps(to, there, v); }

static inline wide load_sums(const int32_t *from, lanes there) {
  return _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(there, from));
}

static inline wide positive_or(wide v, wide other) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), other, v);
}

static inline uint32_t sign_bits(wide v, lanes there) {
  return _mm512_mask_cmp_ps_mask(there, v, _mm512_setzero_ps(), _CMP_GE_OQ);
}

static inline void store_bytes(int8_t *to, wide v, lanes there) {
  /* The order of the arguments makes -128 of NaN. */
  v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(-128)), _mm512_set1_ps(127));
  const __m512i whole = _mm512_sub_epi32(_mm512_cvttps_epi32(v + 128.5f), _mm512_set1_epi32(128));
  _mm512_mask_cvtsepi32_storeu_epi8(to, there, whole);
}

#include "post_wide.inl"

static bool supported(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vpopcntdq");
}

const struct xnor_kernels xnor_avx512 = {
    "avx512", supported, prepare_binary, prepare_int8, binary_rows, NULL, int8_rows, NULL, post_row_wide,
    threshold_row, combine,
};
