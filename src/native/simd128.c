/*
 * WebAssembly with 128-bit vectors: the popcounts of 16 bytes in one instruction. On a phone's ARM it is one of the
 * machine's, too; engines for x86-64 make about ten of it.
 */
#include <string.h>
#include <wasm_simd128.h>

#include "lines.h"

static void pack_signs(const float *v, const float *scale, const float *bias, int channels, uint32_t *out) {
  const v128_t zero = wasm_f32x4_splat(0);
  for (int first = 0; first < channels; first += 32) {
    const int count = channels - first < 32 ? channels - first : 32;
    uint32_t word = 0;
    int bit = 0;
    for (; bit + 4 <= count; bit += 4) {
      const int c = first + bit;
      const v128_t scaled = wasm_f32x4_mul(wasm_v128_load(v + c), wasm_v128_load(scale + c));
      const v128_t shifted = wasm_f32x4_add(scaled, wasm_v128_load(bias + c));
      word |= wasm_i32x4_bitmask(wasm_f32x4_ge(shifted, zero)) << bit;
    }
    for (; bit < count; bit++) word |= (uint32_t)(v[first + bit] * scale[first + bit] + bias[first + bit] >= 0) << bit;
    *out++ = word;
  }
}

#define SIGN_LANES 4
#define WEIGHT_BYTES 16
#define BYTE_LANES 4

struct laid_word {
  uint32_t word;
};

static inline void lay_word(uint32_t word, struct laid_word *out) { out->word = word; }

static void lay_weight(uint32_t word, int lane, uint8_t *out) { memcpy(out + lane * sizeof word, &word, sizeof word); }

/* Counts of 8 bits at most fit a byte of this many words. */
#define WORDS_IN_BYTES 31

static inline v128_t differing(v128_t weight, const uint8_t *word) {
  return wasm_i8x16_popcnt(wasm_v128_xor(weight, wasm_v128_load32_splat(word)));
}

/* The four counts of bytes in each word, added up. */
static inline v128_t add_counts(v128_t sums, v128_t counts) {
  return wasm_i32x4_add(sums, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(counts)));
}

static inline void multiply_signs(const struct window *window, const void *weight, int32_t *out, size_t channels) {
  const v128_t *w = weight;
  const v128_t zero = wasm_i32x4_splat(0);
  v128_t s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  for (int line = 0; line < window->kernel; line++) {
    const uint8_t *p0 = window->first + line * window->pitch;
    const uint8_t *p1 = p0 + window->step, *p2 = p1 + window->step, *p3 = p2 + window->step;
    for (int i = 0; i < window->run;) {
      const int end = window->run - i < WORDS_IN_BYTES ? window->run : i + WORDS_IN_BYTES;
      v128_t c0 = zero, c1 = zero, c2 = zero, c3 = zero;
      for (; i < end; i++) {
        const v128_t words = *w++;
        c0 = wasm_i8x16_add(c0, differing(words, p0 + 4 * i));
        c1 = wasm_i8x16_add(c1, differing(words, p1 + 4 * i));
        c2 = wasm_i8x16_add(c2, differing(words, p2 + 4 * i));
        c3 = wasm_i8x16_add(c3, differing(words, p3 + 4 * i));
      }
      s0 = add_counts(s0, c0);
      s1 = add_counts(s1, c1);
      s2 = add_counts(s2, c2);
      s3 = add_counts(s3, c3);
    }
  }
  const v128_t most = wasm_i32x4_splat(window->most);
  wasm_v128_store(out, wasm_i32x4_sub(most, wasm_i32x4_shl(s0, 1)));
  wasm_v128_store(out + channels, wasm_i32x4_sub(most, wasm_i32x4_shl(s1, 1)));
  wasm_v128_store(out + 2 * channels, wasm_i32x4_sub(most, wasm_i32x4_shl(s2, 1)));
  wasm_v128_store(out + 3 * channels, wasm_i32x4_sub(most, wasm_i32x4_shl(s3, 1)));
}

static inline v128_t products(v128_t weight, const uint8_t *pair) {
  return wasm_i32x4_dot_i16x8(weight, wasm_v128_load32_splat(pair));
}

static inline void multiply_bytes(const struct window *window, const void *weight, int32_t *out, size_t channels) {
  const v128_t *w = weight;
  v128_t s0 = wasm_i32x4_splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (int line = 0; line < window->kernel; line++) {
    const uint8_t *p0 = window->first + line * window->pitch;
    const uint8_t *p1 = p0 + window->step, *p2 = p1 + window->step, *p3 = p2 + window->step;
    for (int i = 0; i < window->run; i++) {
      const v128_t pairs = *w++;
      s0 = wasm_i32x4_add(s0, products(pairs, p0 + 4 * i));
      s1 = wasm_i32x4_add(s1, products(pairs, p1 + 4 * i));
      s2 = wasm_i32x4_add(s2, products(pairs, p2 + 4 * i));
      s3 = wasm_i32x4_add(s3, products(pairs, p3 + 4 * i));
    }
  }
  wasm_v128_store(out, s0);
  wasm_v128_store(out + channels, s1);
  wasm_v128_store(out + 2 * channels, s2);
  wasm_v128_store(out + 3 * channels, s3);
}

#include "lines.inl"
#include "combine.inl"
#include "post.inl"
#include "threshold.inl"

#define WIDE 4
typedef float wide __attribute__((vector_size(16)));
typedef int lanes; /* all of them are there */

static inline bool has_lanes(int channels) { return channels % WIDE == 0; }
static inline lanes first_lanes(int count) { return count; }

static inline wide load_wide(const float *from, lanes there) {
  (void)there;
  return (wide)wasm_v128_load(from);
}

static inline void store_wide(float *to, wide v, lanes there) {
  (void)there;
  wasm_v128_store(to, (v128_t)v);
}

static inline wide load_sums(const int32_t *from, lanes there) {
  (void)there;
  return (wide)wasm_f32x4_convert_i32x4(wasm_v128_load(from));
}

static inline wide positive_or(wide v, wide other) {
  return (wide)wasm_v128_bitselect((v128_t)v, (v128_t)other, wasm_f32x4_gt((v128_t)v, wasm_f32x4_splat(0)));
}

static inline uint32_t sign_bits(wide v, lanes there) {
  (void)there;
  return wasm_i32x4_bitmask(wasm_f32x4_ge((v128_t)v, wasm_f32x4_splat(0)));
}

static inline void store_bytes(int8_t *to, wide v, lanes there) {
  (void)there;
  /* The order of the arguments makes -128 of NaN. */
  const v128_t clamped =
      wasm_f32x4_pmin(wasm_f32x4_pmax(wasm_f32x4_splat(-128), (v128_t)v), wasm_f32x4_splat(127));
  const v128_t whole = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_add(clamped, wasm_f32x4_splat(128.5f)));
  const v128_t words = wasm_i32x4_sub(whole, wasm_i32x4_splat(128));
  const v128_t halves = wasm_i16x8_narrow_i32x4(words, words);
  wasm_v128_store32_lane(to, wasm_i8x16_narrow_i16x8(halves, halves), 0);
}

#include "post_wide.inl"

static bool supported(void) { return true; } /* the engine has refused the module otherwise */

const struct xnor_kernels xnor_simd128 = {
    "simd128", supported, prepare_binary, prepare_int8, binary_rows, NULL, int8_rows, NULL, post_row_wide,
    threshold_row, combine,
};
