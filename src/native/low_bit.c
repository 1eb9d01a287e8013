#include "low_bit.h"

#include "gather.h"

/* Words of the weights of a filter. */
static size_t filter_words(const struct xnor_conv *conv) {
  return (size_t)conv->kernel * conv->kernel * xnor_words(conv->in_channels);
}

/* Bits of a word that stand for a channel; `at` is its index in a tensor. */
static uint32_t channel_bits(const struct xnor_conv *conv, size_t at) {
  const int words = xnor_words(conv->in_channels), rest = conv->in_channels % 32;
  return rest != 0 && at % words == (size_t)words - 1 ? (UINT32_C(1) << rest) - 1 : UINT32_MAX;
}

/* constants[c] = (2^k - 1) * the sum of the channel's weights. */
static void sum_weights(const struct xnor_conv *conv, const struct xnor_low_bit *low, const uint32_t *weight) {
  const size_t words = filter_words(conv);
  const int32_t levels = (1 << low->planes) - 1, n = conv->kernel * conv->kernel * conv->in_channels;
  for (int filter = 0; filter < low->combine.filters; filter++) {
    for (int c = 0; c < low->combine.channels; c++) {
      int32_t set = 0;
      for (size_t i = 0; i < words; i++) set += (int32_t)xnor_popcount(*weight++ & channel_bits(conv, i));
      low->constants[c] += (levels << filter) * (2 * set - n);
    }
  }
}

/* Signs and mask of ternary weights -> the weights that are +1, and those that are -1, where they are 0. */
static uint32_t *two_of_ternary(const struct xnor_conv *conv, const uint32_t *sign, const uint32_t *mask) {
  const size_t words = filter_words(conv) * conv->channels;
  uint32_t *both = xnor_allocate(2 * words * sizeof *both);
  for (size_t i = 0; both != NULL && i < words; i++) {
    both[i] = (sign[i] | ~mask[i]) & channel_bits(conv, i);
    both[words + i] = sign[i] & mask[i];
  }
  return both;
}

bool xnor_low_bit_prepare(const struct xnor_kernels *kernels, const struct xnor_stage *stage, const uint8_t *tensors,
                          struct xnor_conv *conv, struct xnor_low_bit *low) {
  const bool ternary = stage->source == XNOR_SOURCE_TERNARY_CONV;
  const uint32_t *weight = (const uint32_t *)(tensors + stage->weight);
  low->planes = ternary ? 1 : stage->in_planes;
  low->plane_words = (size_t)stage->in_height * stage->in_width * xnor_words(stage->in_channels);
  low->constants = xnor_allocate((size_t)stage->channels * sizeof *low->constants);
  if (low->constants == NULL) return false;
  low->combine = (struct xnor_combine){
      .channels = stage->channels, .filters = ternary ? 2 : stage->weight_planes, .ternary = ternary,
      .constants = low->constants,
  };
  uint32_t *both = NULL;
  if (ternary) {
    both = two_of_ternary(conv, weight, (const uint32_t *)(tensors + stage->mask));
    if (both == NULL) return false;
  } else {
    conv->padding_ones = false;
    sum_weights(conv, low, weight);
  }
  conv->channels *= low->combine.filters;
  const bool done = kernels->prepare_binary(conv, ternary ? both : weight);
  xnor_release(both);
  return done;
}

size_t xnor_low_bit_elements(const struct xnor_kernels *kernels, const struct xnor_conv *conv) {
  const size_t rows = kernels->binary_row == NULL ? (size_t)conv->rows : 1;
  return rows * conv->width * conv->channels;
}

/* Adds a plane to the sums. */
static void add_plane(const struct xnor_kernels *kernels, const struct xnor_conv *conv, const struct xnor_combine *combine,
                      const uint32_t *bits, int y, int rows, int32_t *room, int32_t *sums) {
  const size_t width = (size_t)conv->width, elements = width * combine->channels;
  /* The first of several planes has nothing to be combined with. */
  const bool as_they_are = combine->first && !combine->last && combine->filters == 1;
  if (kernels->binary_band != NULL) kernels->binary_band(conv, bits, y, rows, as_they_are ? sums : room);
  if (kernels->binary_row == NULL) {
    if (!as_they_are) kernels->combine(combine, room, rows * width, sums);
    return;
  }
  for (int row = 0; row < rows; row++, sums += elements) {
    kernels->binary_row(conv, bits, y + row, row, as_they_are ? sums : room);
    if (!as_they_are) kernels->combine(combine, room, width, sums);
  }
}

void xnor_low_bit_band(const struct xnor_kernels *kernels, const struct xnor_conv *conv, const struct xnor_low_bit *low,
                       const uint32_t *bits, int y, int rows, int32_t *room, int32_t *sums) {
  struct xnor_combine combine = low->combine;
  /* From the highest plane on: what is there already is doubled. */
  for (int plane = low->planes - 1; plane >= 0; plane--) {
    combine.first = plane == low->planes - 1;
    combine.last = plane == 0;
    add_plane(kernels, conv, &combine, bits + plane * low->plane_words, y, rows, room, sums);
  }
}
