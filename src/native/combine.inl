/*
 * The sums of a convolution of more bits from those of binary ones (kernels.h). Included by each variant, for its compiler
 * flags; the plain loops over channels are for the compiler to vectorize.
 */
static inline int32_t doubled(int32_t sum, int times) { return (int32_t)((uint32_t)sum << times); }

/* One plane of weights, or two that count alike. */
static inline void combine_few(const struct xnor_combine *how, const int32_t *restrict part, size_t pixels,
                               int32_t *restrict sums, int filters, bool first, bool last) {
  const int channels = how->channels;
  const int32_t *restrict constants = how->constants;
  for (size_t pixel = 0; pixel < pixels; pixel++, part += (size_t)filters * channels, sums += channels) {
    for (int c = 0; c < channels; c++) {
      int32_t sum = first ? part[c] : doubled(sums[c], 1) + part[c];
      if (filters == 2) sum += part[channels + c];
      sums[c] = last ? (sum + constants[c]) >> 1 : sum;
    }
  }
}

/* Any number of planes of weights. */
static void combine_many(const struct xnor_combine *how, const int32_t *restrict part, size_t pixels,
                         int32_t *restrict sums) {
  const int channels = how->channels;
  const int32_t *restrict constants = how->constants;
  for (size_t pixel = 0; pixel < pixels; pixel++, sums += channels) {
    for (int filter = 0; filter < how->filters; filter++, part += channels) {
      if (filter == 0 && how->first) {
        for (int c = 0; c < channels; c++) sums[c] = part[c];
      } else if (filter == 0) {
        for (int c = 0; c < channels; c++) sums[c] = doubled(sums[c], 1) + part[c];
      } else {
        for (int c = 0; c < channels; c++) sums[c] += doubled(part[c], filter);
      }
    }
    for (int c = 0; how->last && c < channels; c++) sums[c] = (sums[c] + constants[c]) >> 1;
  }
}

static void combine(const struct xnor_combine *how, const int32_t *part, size_t pixels, int32_t *sums) {
  /* One by one, so that each has a loop of its own. */
  if (how->ternary) combine_few(how, part, pixels, sums, 2, true, true);
  else if (how->filters > 1) combine_many(how, part, pixels, sums);
  else if (how->first && how->last) combine_few(how, part, pixels, sums, 1, true, true);
  else if (how->last) combine_few(how, part, pixels, sums, 1, false, true);
  else if (!how->first) combine_few(how, part, pixels, sums, 1, false, false);
  else combine_few(how, part, pixels, sums, 1, true, false);
}
