/*
 * Convolutions of signs and of bytes as products of matrices, row by row of the output: the patches of a row, one
 * below the other, times the weights. Included by the variants without lines.inl, which bring LANES and the inner loops
 * (only the first where they have 8-bit convolutions of their own, OWN_INT8):
 *
 *   multiply_signs, multiply_bytes(taps, pixels, patches, weight, out): out[pixel][lane] = the sum over the taps of
 *   popcount(patch ^ weight), or of both products of a pair of 16-bit values; pixels <= BLOCK.
 *
 * Weights are laid out (channels / LANES, taps, LANES), so that a lane is an output channel and nothing is added
 * across lanes.
 */
#define BLOCK 4

/* What an inner loop that loads ahead may read beyond its end. */
#define READ_AHEAD_BYTES 64

static bool lay_out(struct xnor_conv *conv, const uint32_t *words) {
  const int groups = (conv->channels + LANES - 1) / LANES;
  uint32_t *weight = xnor_allocate((size_t)groups * conv->taps * LANES * sizeof(uint32_t) + READ_AHEAD_BYTES);
  if (weight == NULL) return false;
  for (int c = 0; c < conv->channels; c++) {
    for (int t = 0; t < conv->taps; t++) {
      weight[((size_t)(c / LANES) * conv->taps + t) * LANES + c % LANES] = words[(size_t)c * conv->taps + t];
    }
  }
  conv->weight = weight;
  conv->rows = 1;
  conv->scratch_bytes = (size_t)conv->width * conv->taps * sizeof(uint32_t) + READ_AHEAD_BYTES;
  return true;
}

typedef void multiply(int taps, int pixels, const uint32_t *patches, const uint32_t *weight, int32_t out[BLOCK][LANES]);

/* sums[pixel][channel] = offset + factor * what `product` gives. */
static inline void multiply_row(const struct xnor_conv *conv, const uint32_t *patches, multiply *product, int32_t offset,
                                int32_t factor, int32_t *sums) {
  const int taps = conv->taps, channels = conv->channels;
  int32_t out[BLOCK][LANES];
  for (int x = 0; x < conv->width; x += BLOCK) {
    const int pixels = conv->width - x < BLOCK ? conv->width - x : BLOCK;
    for (int first = 0; first < channels; first += LANES) {
      const uint32_t *weight = (const uint32_t *)conv->weight + (size_t)first * taps;
      product(taps, pixels, patches + (size_t)x * taps, weight, out);
      const int lanes = channels - first < LANES ? channels - first : LANES;
      for (int p = 0; p < pixels; p++) {
        int32_t *to = sums + (size_t)(x + p) * channels + first;
        if (lanes == LANES) {
          for (int lane = 0; lane < LANES; lane++) to[lane] = offset + factor * out[p][lane];
        } else {
          for (int lane = 0; lane < lanes; lane++) to[lane] = offset + factor * out[p][lane];
        }
      }
    }
  }
}

static bool prepare_binary(struct xnor_conv *conv, const uint32_t *weight) {
  conv->taps = conv->kernel * conv->kernel * xnor_words(conv->in_channels);
  return lay_out(conv, weight);
}

static void binary_row(const struct xnor_conv *conv, const uint32_t *signs, int y, int row, int32_t *sums) {
  (void)row;
  uint32_t *patches = conv->scratch;
  xnor_gather_signs(conv, signs, y, patches);
  multiply_row(conv, patches, multiply_signs, conv->kernel * conv->kernel * conv->in_channels, -2, sums);
}

#ifndef OWN_INT8
static bool prepare_int8(struct xnor_conv *conv, const int8_t *weight) {
  const size_t values = (size_t)conv->kernel * conv->kernel * conv->in_channels;
  conv->taps = (int)((values + 1) / 2);
  uint32_t *pairs = xnor_allocate((size_t)conv->channels * conv->taps * sizeof(uint32_t));
  if (pairs == NULL) return false;
  for (int c = 0; c < conv->channels; c++) {
    xnor_pair_bytes(weight + c * values, values, pairs + (size_t)c * conv->taps);
  }
  const bool done = lay_out(conv, pairs);
  xnor_release(pairs);
  conv->scratch_bytes += values;
  return done;
}

static void int8_row(const struct xnor_conv *conv, const int8_t *bytes, int y, int row, int32_t *sums) {
  (void)row;
  uint32_t *patches = conv->scratch;
  int8_t *patch = (int8_t *)(patches + (size_t)conv->width * conv->taps);
  xnor_gather_bytes(conv, bytes, y, patch, patches);
  multiply_row(conv, patches, multiply_bytes, 0, 1, sums);
}
#endif
