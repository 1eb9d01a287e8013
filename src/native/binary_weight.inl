/*
 * Sums of values of type VALUE by weights of +-1. Each four neighboring channels of a pixel have 16 sums, one for each
 * choice of signs. They are computed once (14 additions, their negatives come for nothing) and then serve all output
 * channels: four bits of the weights say which one is meant, so that an output channel adds one number for four channels.
 * Additions happen in the order that `reference` defines.
 */
static inline void NAME(build)(const VALUE *x, int count, VALUE *table) {
  const VALUE a = x[0], b = count > 1 ? x[1] : 0, c = count > 2 ? x[2] : 0, d = count > 3 ? x[3] : 0;
  const VALUE two[2] = {a - b, a + b};
  for (int i = 0; i < 4; i++) {
    const VALUE three = i < 2 ? two[i] - c : two[i - 2] + c;
    const VALUE minus = three - d, plus = three + d;
    const int index = 1 + 2 * i; /* a is added */
    table[index] = minus;
    table[SUMS - 1 - index] = -minus;
    table[index + 8] = plus;
    table[SUMS - 1 - index - 8] = -plus;
  }
}

static inline void NAME(look_up)(const VALUE *tables, int groups, const uint32_t *weight, size_t step, int channels,
                                 VALUE *sums) {
  for (int c = 0; c < channels; c++, weight += step) {
    const uint32_t bits = *weight;
    VALUE sum = sums[c];
    for (int group = 0; group < groups; group++) sum += tables[group * SUMS + (bits >> (GROUP * group) & (SUMS - 1))];
    sums[c] = sum;
  }
}

/* Adds up to 32 channels of a pixel, those of a word of the weights, to the sums of all output channels; `step` words lie
 * between the weights of two of them. */
static void NAME(add_word)(const VALUE *x, int count, const uint32_t *weight, size_t step, int channels, VALUE *sums) {
  VALUE tables[GROUPS * SUMS];
  int groups = 0;
  for (; groups * GROUP < count; groups++) NAME(build)(x + groups * GROUP, count - groups * GROUP, tables + groups * SUMS);
  if (groups == GROUPS) NAME(look_up)(tables, GROUPS, weight, step, channels, sums);
  else NAME(look_up)(tables, groups, weight, step, channels, sums);
}
