/*
 * Values -> activations of k bits, one word in each of k bit maps for 32 channels of a pixel. Included by post.inl, so that
 * it is compiled for each variant.
 */
static inline void pack_planes(const struct xnor_post *post, const float *values, size_t at) {
  const float top = (float)((1 << post->plane_count) - 1);
  for (int first = 0; first < post->channels; first += 32, at++) {
    const int count = post->channels - first < 32 ? post->channels - first : 32;
    const float *restrict v = values + first, *restrict scale = post->plane_scale + first;
    uint32_t level[32] = {0};
    for (int i = 0; i < count; i++) {
      float scaled = v[i] * scale[i];
      scaled = scaled >= 0 ? scaled : 0; /* written so that NaN becomes a number */
      scaled = scaled > top ? top : scaled;
      level[i] = (uint32_t)(int32_t)(scaled + 0.5f);
    }
    for (int plane = 0; plane < post->plane_count; plane++) {
      uint32_t word = 0;
      for (int i = 0; i < 32; i++) word |= (level[i] >> plane & 1) << i;
      post->planes[plane * post->plane_words + at] = word;
    }
  }
}
