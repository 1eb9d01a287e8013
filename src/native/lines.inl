/*
 * Convolutions for CPUs that load a value from any address: nothing is gathered. The lines of the input that a band of
 * the output reads are laid out once, their padding written out, in the form that the inner loop multiplies; the
 * window of an output pixel is then `kernel` runs of `kernel` pixels in them. Included by a variant, which brings
 *
 *   multiply_signs, multiply_bytes  the inner loops (lines.h), for SIGN_LANES and BYTE_LANES output channels
 *   struct laid_word, lay_word      a word of signs as multiply_signs reads it, for a step
 *   WEIGHT_BYTES, lay_weight        of a step of all lanes; puts the word of one lane there
 *
 * A step takes a word of signs, or two bytes widened to 16 bits. Weights are laid out (channels / lanes, kernel, steps
 * of a run, lanes), so that a lane is an output channel and nothing is added across lanes.
 */

static size_t round_up(size_t count, size_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/* Bytes that an inner loop may read beyond the last window of a line. */
#define LINE_SLACK 64

/* Lines that are laid out at a time: the more, the less often a line is laid out for two bands; they fit the L2 cache. */
#define BAND_BYTES 131072

/* Whole blocks of output pixels read them. */
static size_t line_pixels(const struct xnor_conv *conv) {
  const size_t padded = (size_t)conv->in_width + 2 * conv->padding;
  const size_t read = (round_up(conv->width, BLOCK) - 1) * conv->stride + conv->kernel;
  return read > padded ? read : padded;
}

/* Bytes of a line whose pixels have `unit` bytes each. */
static size_t line_bytes(const struct xnor_conv *conv, size_t unit) { return line_pixels(conv) * unit + LINE_SLACK; }

static void prepare_band(struct xnor_conv *conv, size_t unit) {
  const size_t bytes = line_bytes(conv, unit);
  const int lines = (int)(BAND_BYTES / bytes);
  conv->rows = lines > conv->kernel ? (lines - conv->kernel) / conv->stride + 1 : 1;
  if (conv->rows > conv->height) conv->rows = conv->height;
  conv->scratch_bytes = ((size_t)(conv->rows - 1) * conv->stride + conv->kernel) * bytes;
}

static inline void copy_sums(const int32_t *from, int count, int32_t *to) {
  int i = 0;
  for (; i + 8 <= count; i += 8) memcpy(to + i, from + i, 8 * sizeof *to);
  for (; i < count; i++) to[i] = from[i];
}

/* sums[pixel][channel] for `rows` rows. What lies beyond the channels or the width goes nowhere. */
static inline void multiply_lines(const struct xnor_conv *conv, struct window window, size_t weight_bytes, int lanes,
                                  multiply *product, int rows, int32_t *sums) {
  const int width = conv->width, channels = conv->channels;
  const uint8_t *line = conv->scratch;
  int32_t out[BLOCK * SIGN_LANES];
  for (int row = 0; row < rows; row++, line += conv->stride * window.pitch) {
    for (int x = 0; x < width; x += BLOCK) {
      const int pixels = width - x < BLOCK ? width - x : BLOCK;
      const uint8_t *weight = conv->weight;
      int32_t *to = sums + ((size_t)row * width + x) * channels;
      window.first = line + x * window.step;
      for (int first = 0; first < channels; first += lanes, weight += weight_bytes) {
        if (pixels == BLOCK && channels - first >= lanes) {
          product(&window, weight, to + first, (size_t)channels);
          continue;
        }
        product(&window, weight, out, (size_t)lanes);
        const int count = channels - first < lanes ? channels - first : lanes;
        for (int p = 0; p < pixels; p++) copy_sums(out + p * lanes, count, to + p * (size_t)channels + first);
      }
    }
  }
}

/* Bytes become 16-bit values, of which a step multiplies two; a run has an even number of them. */
static int byte_steps(const struct xnor_conv *conv) { return (conv->kernel * conv->in_channels + 1) / 2; }

static bool prepare_int8(struct xnor_conv *conv, const int8_t *weight) {
  const int values = conv->kernel * conv->in_channels, steps = byte_steps(conv);
  const size_t line = (size_t)steps * BYTE_LANES * 2;
  conv->taps = conv->kernel * steps;
  conv->weight = xnor_allocate(round_up(conv->channels, BYTE_LANES) / BYTE_LANES * conv->kernel * line * sizeof(int16_t));
  if (conv->weight == NULL) return false;
  int16_t *out = conv->weight;
  for (int c = 0; c < conv->channels; c++) {
    for (int row = 0; row < conv->kernel; row++) {
      int16_t *to = out + ((size_t)(c / BYTE_LANES) * conv->kernel + row) * line + c % BYTE_LANES * 2;
      for (int i = 0; i < values; i++) to[(size_t)(i / 2) * BYTE_LANES * 2 + i % 2] = *weight++;
    }
  }
  prepare_band(conv, conv->in_channels * sizeof(int16_t));
  return true;
}

static void fill(void *to, int16_t value, size_t bytes) {
  int16_t *out = to;
  for (size_t i = 0; i < bytes / sizeof value; i++) out[i] = value;
}

static void int8_rows(const struct xnor_conv *conv, const int8_t *bytes, int y, int rows, int32_t *sums) {
  const size_t unit = conv->in_channels * sizeof(int16_t), values = (size_t)conv->in_width * conv->in_channels;
  const size_t pitch = line_bytes(conv, unit);
  const int16_t outside = conv->padding_byte;
  uint8_t *line = conv->scratch;
  const int top = y * conv->stride - conv->padding, lines = (rows - 1) * conv->stride + conv->kernel;
  for (int i = 0; i < lines; i++, line += pitch) {
    if (top + i < 0 || top + i >= conv->in_height) {
      fill(line, outside, pitch);
      continue;
    }
    const int8_t *restrict from = bytes + (size_t)(top + i) * values;
    int16_t *restrict to = (int16_t *)(line + conv->padding * unit);
    fill(line, outside, conv->padding * unit);
    for (size_t v = 0; v < values; v++) to[v] = from[v];
    fill(to + values, outside, (size_t)(line + pitch - (uint8_t *)(to + values)));
  }
  const int steps = byte_steps(conv);
  const size_t weight_bytes = (size_t)conv->kernel * steps * BYTE_LANES * 2 * sizeof(int16_t);
  const struct window window = {NULL, pitch, conv->stride * unit, conv->kernel, steps, 0};
  multiply_lines(conv, window, weight_bytes, BYTE_LANES, multiply_bytes, rows, sums);
}

static bool prepare_binary(struct xnor_conv *conv, const uint32_t *weight) {
  conv->taps = conv->kernel * conv->kernel * xnor_words(conv->in_channels);
  conv->weight = xnor_allocate(round_up(conv->channels, SIGN_LANES) / SIGN_LANES * conv->taps * WEIGHT_BYTES);
  if (conv->weight == NULL) return false;
  for (int c = 0; c < conv->channels; c++) {
    uint8_t *out = (uint8_t *)conv->weight + (size_t)(c / SIGN_LANES) * conv->taps * WEIGHT_BYTES;
    for (int t = 0; t < conv->taps; t++) lay_weight(*weight++, c % SIGN_LANES, out + t * WEIGHT_BYTES);
  }
  prepare_band(conv, xnor_words(conv->in_channels) * sizeof(struct laid_word));
  return true;
}

static void binary_rows(const struct xnor_conv *conv, const uint32_t *signs, int y, int rows, int32_t *sums) {
  const int words = xnor_words(conv->in_channels), rest = conv->in_channels % 32;
  const size_t unit = (size_t)words * sizeof(struct laid_word), pitch = line_bytes(conv, unit), pixels = line_pixels(conv);
  const uint32_t all = conv->padding_ones ? UINT32_MAX : 0;
  const uint32_t last = rest == 0 ? all : all & ((UINT32_C(1) << rest) - 1);
  uint8_t *line = conv->scratch;
  const int top = y * conv->stride - conv->padding, lines = (rows - 1) * conv->stride + conv->kernel;
  for (int i = 0; i < lines; i++, line += pitch) {
    const bool inside = top + i >= 0 && top + i < conv->in_height;
    const uint32_t *from = signs + (size_t)(inside ? top + i : 0) * conv->in_width * words;
    struct laid_word *to = (struct laid_word *)line;
    for (size_t x = 0; x < pixels; x++) {
      const bool padding = !inside || x < (size_t)conv->padding || x >= (size_t)conv->padding + conv->in_width;
      for (int word = 0; word < words; word++) {
        lay_word(padding ? (word == words - 1 ? last : all) : *from++, to++);
      }
    }
  }
  const int32_t most = conv->kernel * conv->kernel * conv->in_channels;
  const struct window window = {NULL, pitch, conv->stride * unit, conv->kernel, conv->kernel * words, most};
  const size_t weight_bytes = (size_t)conv->taps * WEIGHT_BYTES;
  multiply_lines(conv, window, weight_bytes, SIGN_LANES, multiply_signs, rows, sums);
}
