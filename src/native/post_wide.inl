/*
 * The pass behind a convolution, a vector of channels at a time from the sums to the maps, the values in a register all
 * the way. Included behind post.inl, which does what does not fit vectors, by a variant that brings
 *
 *   wide, WIDE                              a vector of WIDE floats, on which + and * work
 *   lanes, first_lanes(count)               which of them are there
 *   has_lanes(channels)                     whether all channels can be done so
 *   load_wide, store_wide, load_sums        of the lanes that are there
 *   positive_or(v, other)                   v > 0 ? v : other
 *   sign_bits(v)                            a bit for each lane that is there and >= 0
 *   store_bytes(v)                          as `quantize` rounds
 */
static inline wide mean_of_four(const float *from, size_t right, size_t below, lanes there) {
  const wide three = load_wide(from, there) + load_wide(from + right, there) + load_wide(from + below, there);
  return (three + load_wide(from + below + right, there)) * 0.25f;
}

/* A copy of the struct, which no store to a map can change: its fields are not read again behind each. */
static inline void post_wide(struct xnor_post copy, enum xnor_shortcut shortcut, int y, const int32_t *sums,
                             const float *values) {
  const struct xnor_post *post = &copy;
  const int width = post->width, channels = post->channels, narrow = post->shortcut_channels;
  const size_t row = (size_t)y * width * channels, below = (size_t)post->shortcut_width * narrow;
  float *real = post->real == NULL ? NULL : post->real + row;
  int8_t *bytes = post->bytes == NULL ? NULL : post->bytes + row;
  uint32_t *signs = post->signs == NULL ? NULL : post->signs + (size_t)y * width * xnor_words(channels);
  for (int x = 0; x < width; x++) {
    const float *from = NULL;
    if (shortcut == XNOR_SHORTCUT_SAME) from = post->shortcut_map + y * below + (size_t)x * narrow;
    if (shortcut == XNOR_SHORTCUT_TWICE) from = post->shortcut_map + (y >> 1) * below + (size_t)(x >> 1) * narrow;
    if (shortcut == XNOR_SHORTCUT_MEAN) from = post->shortcut_map + 2 * y * below + (size_t)(2 * x) * narrow;
    uint32_t word = 0;
    for (int c = 0, near = 0; c < channels; c += WIDE, near = near + WIDE == narrow ? 0 : near + WIDE) {
      const size_t i = (size_t)x * channels + c;
      const lanes there = first_lanes(channels - c);
      wide v;
      if (sums != NULL) {
        v = load_sums(sums + i, there) * load_wide(post->scale + c, there) + load_wide(post->bias + c, there);
      } else {
        v = load_wide(values + i, there);
      }
      if (shortcut == XNOR_SHORTCUT_MEAN) v += mean_of_four(from + near, (size_t)narrow, below, there);
      if (shortcut == XNOR_SHORTCUT_SAME || shortcut == XNOR_SHORTCUT_TWICE) v += load_wide(from + near, there);
      if (post->slope != NULL) v = positive_or(v, v * load_wide(post->slope + c, there));
      if (real != NULL) store_wide(real + i, v, there);
      if (bytes != NULL) store_bytes(bytes + i, v * load_wide(post->byte_scale + c, there), there);
      if (signs != NULL) {
        const wide scaled = v * load_wide(post->sign_scale + c, there) + load_wide(post->sign_bias + c, there);
        word |= sign_bits(scaled, there) << (c % 32);
        if ((c + WIDE) % 32 != 0 && c + WIDE < channels) continue;
        *signs++ = word;
        word = 0;
      }
    }
  }
}

static void post_row_wide(const struct xnor_post *post, int y, const int32_t *sums, float *values) {
  const enum xnor_shortcut shortcut = post->shortcut;
  const bool repeats = shortcut != XNOR_SHORTCUT_NONE && post->shortcut_channels != post->channels;
  if (!has_lanes(post->channels) || post->planes != NULL || (repeats && post->shortcut_channels % WIDE != 0)) {
    post_row(post, y, sums, values);
    return;
  }
  /* One by one, so that each has a loop of its own. */
  if (shortcut == XNOR_SHORTCUT_NONE) post_wide(*post, XNOR_SHORTCUT_NONE, y, sums, values);
  if (shortcut == XNOR_SHORTCUT_SAME) post_wide(*post, XNOR_SHORTCUT_SAME, y, sums, values);
  if (shortcut == XNOR_SHORTCUT_MEAN) post_wide(*post, XNOR_SHORTCUT_MEAN, y, sums, values);
  if (shortcut == XNOR_SHORTCUT_TWICE) post_wide(*post, XNOR_SHORTCUT_TWICE, y, sums, values);
}
