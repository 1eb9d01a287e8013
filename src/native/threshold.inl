/*
 * Signs of sums by thresholds (threshold.h). Included by each variant, for its compiler flags; the plain loops over
 * channels are for the compiler to vectorize.
 */
/* A table, since compilers vectorize a choice between loaded words, and few of them a shift by each lane's number. */
static const uint32_t bit_places[32] = {
    1u << 0,  1u << 1,  1u << 2,  1u << 3,  1u << 4,  1u << 5,  1u << 6,  1u << 7,  1u << 8,  1u << 9,  1u << 10,
    1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15, 1u << 16, 1u << 17, 1u << 18, 1u << 19, 1u << 20, 1u << 21,
    1u << 22, 1u << 23, 1u << 24, 1u << 25, 1u << 26, 1u << 27, 1u << 28, 1u << 29, 1u << 30, 1u << 31,
};

static inline uint32_t reached(const int32_t *sums, const int32_t *least, int count) {
  uint32_t word = 0;
  for (int bit = 0; bit < count; bit++) word |= sums[bit] >= least[bit] ? bit_places[bit] : 0;
  return word;
}

static void threshold_row(const struct xnor_thresholds *thresholds, const int32_t *sums, int width, int channels,
                          uint32_t *signs) {
  const int32_t *least = thresholds->least;
  const uint32_t *inverted = thresholds->inverted;
  const int whole = channels / 32, rest = channels % 32;
  for (int x = 0; x < width; x++, sums += channels) {
    for (int word = 0; word < whole; word++) *signs++ = reached(sums + 32 * word, least + 32 * word, 32) ^ inverted[word];
    if (rest > 0) *signs++ = reached(sums + 32 * whole, least + 32 * whole, rest) ^ inverted[whole];
  }
}
