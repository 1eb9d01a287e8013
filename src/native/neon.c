/* ARMv7 and ARMv8 with NEON: the popcounts of 16 bytes in one instruction. */
#include <arm_neon.h>
#include <string.h>

#include "gather.h"

#define LANES 4

static void pack_signs(const float *v, const float *scale, const float *bias, int channels, uint32_t *out) {
  static const uint32_t bits[4] = {1, 2, 4, 8};
  const uint32x4_t place = vld1q_u32(bits);
  for (int first = 0; first < channels; first += 32) {
    const int count = channels - first < 32 ? channels - first : 32;
    uint32_t word = 0;
    int bit = 0;
    for (; bit + 4 <= count; bit += 4) {
      const int c = first + bit;
      const float32x4_t value = vaddq_f32(vmulq_f32(vld1q_f32(v + c), vld1q_f32(scale + c)), vld1q_f32(bias + c));
      const uint32x4_t set = vandq_u32(vcgeq_f32(value, vdupq_n_f32(0)), place);
      const uint32x2_t half = vorr_u32(vget_low_u32(set), vget_high_u32(set));
      word |= (vget_lane_u32(half, 0) | vget_lane_u32(half, 1)) << bit;
    }
    for (; bit < count; bit++) word |= (uint32_t)(v[first + bit] * scale[first + bit] + bias[first + bit] >= 0) << bit;
    *out++ = word;
  }
}

/* Counts of 8 bits at most fit a byte of this many words. */
#define WORDS_IN_BYTES 31

static void multiply_signs(int taps, int pixels, const uint32_t *patches, const uint32_t *weight, int32_t out[][LANES]) {
  for (int p = 0; p < pixels; p++, patches += taps) {
    uint32x4_t sum = vdupq_n_u32(0);
    for (int t = 0; t < taps;) {
      const int end = taps - t < WORDS_IN_BYTES ? taps : t + WORDS_IN_BYTES;
      uint8x16_t counts = vdupq_n_u8(0);
      for (; t < end; t++) {
        const uint32x4_t differ = veorq_u32(vld1q_u32(weight + (size_t)t * LANES), vdupq_n_u32(patches[t]));
        counts = vaddq_u8(counts, vcntq_u8(vreinterpretq_u8_u32(differ)));
      }
      sum = vpadalq_u16(sum, vpaddlq_u8(counts));
    }
    vst1q_s32(out[p], vreinterpretq_s32_u32(sum));
  }
}

static void multiply_bytes(int taps, int pixels, const uint32_t *patches, const uint32_t *weight, int32_t out[][LANES]) {
  for (int p = 0; p < pixels; p++, patches += taps) {
    int32x4_t low = vdupq_n_s32(0), high = low;
    for (int t = 0; t < taps; t++) {
      /* Lane l holds two 16-bit weights; un-zipped: the lower ones of the four lanes, and the upper ones. */
      const int16x4x2_t w = vld2_s16((const int16_t *)(weight + (size_t)t * LANES));
      low = vmlal_n_s16(low, w.val[0], (int16_t)patches[t]);
      high = vmlal_n_s16(high, w.val[1], (int16_t)(patches[t] >> 16));
    }
    vst1q_s32(out[p], vaddq_s32(low, high));
  }
}

#include "conv.inl"
#include "combine.inl"
#include "post.inl"
#include "threshold.inl"

#if defined(__aarch64__)
static bool supported(void) { return true; }
#else
#include <asm/hwcap.h>
#include <sys/auxv.h>
static bool supported(void) { return (getauxval(AT_HWCAP) & HWCAP_NEON) != 0; }
#endif

const struct xnor_kernels xnor_neon = {
    "neon", supported, prepare_binary, prepare_int8, NULL, binary_row, NULL, int8_row, post_row,
    threshold_row, combine,
};
