/* A network made ready to run, and its run: stage by stage, row by row. */
#include <string.h>

#include "activation_scale.h"
#include "batch_norm.h"
#include "binary_weight.h"
#include "check.h"
#include "gather.h"
#include "low_bit.h"
#include "maps.h"
#include "padding.h"
#include "real_conv.h"
#include "threshold.h"

struct stage {
  struct xnor_stage spec;
  struct xnor_conv conv;
  struct xnor_low_bit low;
  int32_t *padding_taps; /* padding.h; NULL: nothing to take back */
  struct xnor_post post;
  struct xnor_thresholds thresholds; /* in place of `post` where they can be */
};

struct xnor_network {
  const struct xnor_kernels *kernels;
  struct xnor_program_header header;
  struct stage *stages;
  struct xnor_part *parts;
  uint8_t *maps;
  uint8_t *tensors;
  size_t tensor_bytes;
  int32_t *sums;  /* a row, or a band, of the largest stage */
  float *values;  /* a row of the largest stage, and a pixel */
  int32_t *planes; /* sums of one bit-plane of the largest convolution of several */
  void *scratch;  /* of the convolutions */
};

static const struct xnor_kernels *const all_kernels[] = {
#if defined(__x86_64__)
    &xnor_avx512, &xnor_avx2,
#elif defined(__aarch64__) || defined(__ARM_NEON)
    &xnor_neon,
#elif defined(__arm__)
    &xnor_arm1176, &xnor_armv6,
#elif defined(__wasm_simd128__)
    &xnor_simd128,
#endif
    &xnor_portable,
};
#define KERNELS (sizeof all_kernels / sizeof all_kernels[0])

const char *const *xnor_variants(void) {
  static const char *names[KERNELS + 1];
  size_t count = 0;
  for (size_t i = 0; i < KERNELS; i++) {
    if (all_kernels[i]->supported()) names[count++] = all_kernels[i]->name;
  }
  names[count] = NULL;
  return names;
}

static const struct xnor_kernels *kernels_named(const char *name) {
  for (size_t i = 0; i < KERNELS; i++) {
    if (strcmp(all_kernels[i]->name, name) == 0 && all_kernels[i]->supported()) return all_kernels[i];
  }
  return NULL;
}

static struct xnor_network *fail(struct xnor_network *network, const char **problem, const char *why) {
  *problem = why;
  xnor_network_free(network);
  return NULL;
}

static const float *floats(const struct xnor_network *network, int32_t offset) {
  return offset < 0 ? NULL : (const float *)(network->tensors + offset);
}

static void *map(const struct xnor_network *network, int32_t offset) {
  return offset < 0 ? NULL : network->maps + offset;
}

static bool prepare_conv(struct xnor_network *network, struct stage *stage) {
  const struct xnor_stage *spec = &stage->spec;
  stage->conv = (struct xnor_conv){
      .in_height = spec->in_height, .in_width = spec->in_width, .in_channels = spec->in_channels,
      .height = spec->height, .width = spec->width, .channels = spec->channels,
      .kernel = spec->kernel, .stride = spec->stride, .padding = spec->padding,
      .padding_ones = spec->outside > 0, .padding_byte = (int8_t)spec->outside,
  };
  const void *weight = network->tensors + spec->weight;
  if (spec->source == XNOR_SOURCE_BINARY_CONV) return network->kernels->prepare_binary(&stage->conv, weight);
  if (spec->source == XNOR_SOURCE_INT8_CONV) return network->kernels->prepare_int8(&stage->conv, weight);
  if (xnor_is_low_bit(spec->source)) {
    return xnor_low_bit_prepare(network->kernels, spec, network->tensors, &stage->conv, &stage->low);
  }
  if (spec->source == XNOR_SOURCE_BINARY_WEIGHT_CONV) {
    stage->conv.scratch_bytes = xnor_binary_weight_scratch(&stage->conv);
  }
  if (spec->source == XNOR_SOURCE_ACTIVATION_SCALE) {
    /* It has no weights, but keeps the magnitudes of its input's pixels. */
    stage->conv.weight = xnor_allocate((size_t)spec->in_height * spec->in_width * sizeof(float));
    return stage->conv.weight != NULL;
  }
  return true;
}

static void prepare_post(struct xnor_network *network, struct stage *stage) {
  const struct xnor_stage *spec = &stage->spec;
  stage->post = (struct xnor_post){
      .width = spec->width, .channels = spec->channels,
      .scale = floats(network, spec->scale), .bias = floats(network, spec->bias),
      .shortcut = (enum xnor_shortcut)spec->shortcut,
      .shortcut_map = map(network, spec->shortcut_map),
      .shortcut_width = spec->shortcut_width, .shortcut_channels = spec->shortcut_channels,
      .slope = floats(network, spec->slope),
      .real = map(network, spec->real),
      .signs = map(network, spec->signs),
      .sign_scale = floats(network, spec->sign_scale), .sign_bias = floats(network, spec->sign_bias),
      .bytes = map(network, spec->bytes), .byte_scale = floats(network, spec->byte_scale),
      .planes = map(network, spec->planes), .plane_scale = floats(network, spec->plane_scale),
      .plane_count = spec->plane_count,
      .plane_words = (size_t)spec->height * spec->width * xnor_words(spec->channels),
  };
}

/* Thresholds where a stage makes signs of integer sums and nothing else. False: out of memory. */
static bool prepare_thresholds(const struct xnor_network *network, struct stage *stage) {
  const struct xnor_stage *spec = &stage->spec;
  const bool signs_only = spec->signs >= 0 && spec->sums < 0 && spec->real < 0 && spec->bytes < 0 && spec->planes < 0;
  if (!xnor_gives_sums(spec->source) || !signs_only || spec->factors >= 0 || spec->shortcut != XNOR_SHORTCUT_NONE) {
    return true;
  }
  return xnor_thresholds_prepare(network->kernels, &stage->post, &stage->thresholds);
}

/* Rows whose sums are there at the same time. */
static int rows_at_once(const struct xnor_kernels *kernels, const struct stage *stage) {
  if (xnor_is_low_bit(stage->spec.source)) return stage->conv.rows;
  const bool writes_band = stage->spec.source == XNOR_SOURCE_BINARY_CONV ? kernels->binary_row == NULL
                           : stage->spec.source == XNOR_SOURCE_INT8_CONV && kernels->int8_row == NULL;
  return writes_band ? stage->conv.rows : 1;
}

struct xnor_network *xnor_network_create(const void *program, size_t program_bytes, const void *tensors,
                                         size_t tensor_bytes, const char *variant, const char **problem) {
  const struct xnor_kernels *kernels = kernels_named(variant);
  if (kernels == NULL) return fail(NULL, problem, "this CPU has no kernels of that name");
  const char *broken = xnor_check_program(program, program_bytes, tensor_bytes);
  if (broken != NULL) return fail(NULL, problem, broken);

  static const char no_memory[] = "out of memory";
  struct xnor_network *network = xnor_allocate(sizeof *network);
  if (network == NULL) return fail(NULL, problem, no_memory);
  network->kernels = kernels;
  memcpy(&network->header, program, sizeof network->header);
  network->stages = xnor_allocate((size_t)network->header.stages * sizeof *network->stages);
  const size_t part_bytes = (size_t)network->header.parts * sizeof *network->parts;
  network->parts = xnor_allocate(part_bytes);
  network->maps = xnor_allocate((size_t)network->header.map_bytes);
  network->tensors = xnor_allocate(tensor_bytes);
  if (network->stages == NULL || network->parts == NULL || network->maps == NULL || network->tensors == NULL) {
    return fail(network, problem, no_memory);
  }
  if (tensor_bytes > 0) memcpy(network->tensors, tensors, tensor_bytes);
  memcpy(network->parts, (const uint8_t *)program + program_bytes - part_bytes, part_bytes);
  network->tensor_bytes = tensor_bytes;

  size_t row = 0, sums = 0, planes = 0, scratch = 0;
  for (int i = 0; i < network->header.stages; i++) {
    struct stage *stage = &network->stages[i];
    memcpy(&stage->spec, (const uint8_t *)program + sizeof network->header + (size_t)i * sizeof stage->spec,
           sizeof stage->spec);
    if (!prepare_conv(network, stage) || !xnor_padding_prepare(&stage->spec, network->tensors, &stage->padding_taps)) {
      return fail(network, problem, no_memory);
    }
    prepare_post(network, stage);
    /* +0 + -0 is +0: so no sum of a product and a bias is -0, whose sign bit would say that it is negative. */
    const bool has_pass = stage->spec.sums < 0; /* else nobody has checked its tensors */
    for (int c = 0; has_pass && stage->spec.sign_bias >= 0 && c < stage->spec.channels; c++) {
      ((float *)(network->tensors + stage->spec.sign_bias))[c] += 0.0f;
    }
    if (!prepare_thresholds(network, stage)) return fail(network, problem, no_memory);
    const size_t elements = (size_t)stage->spec.width * stage->spec.channels;
    if (elements + (size_t)stage->spec.channels > row) row = elements + (size_t)stage->spec.channels;
    const size_t in_work = elements * (size_t)(rows_at_once(kernels, stage));
    if (in_work > sums) sums = in_work;
    const size_t of_plane = xnor_is_low_bit(stage->spec.source) ? xnor_low_bit_elements(kernels, &stage->conv) : 0;
    if (of_plane > planes) planes = of_plane;
    if (stage->conv.scratch_bytes > scratch) scratch = stage->conv.scratch_bytes;
  }
  network->sums = xnor_allocate(sums * sizeof *network->sums);
  network->values = xnor_allocate(row * sizeof *network->values);
  network->planes = xnor_allocate(planes * sizeof *network->planes);
  network->scratch = xnor_allocate(scratch);
  if (network->sums == NULL || network->values == NULL || network->planes == NULL || network->scratch == NULL) {
    return fail(network, problem, no_memory);
  }
  for (int i = 0; i < network->header.stages; i++) network->stages[i].conv.scratch = network->scratch;
  return network;
}

void xnor_network_free(struct xnor_network *network) {
  if (network == NULL) return;
  for (int i = 0; network->stages != NULL && i < network->header.stages; i++) {
    xnor_release(network->stages[i].conv.weight);
    xnor_release(network->stages[i].low.constants);
    xnor_release(network->stages[i].padding_taps);
    xnor_release(network->stages[i].thresholds.least);
  }
  xnor_release(network->stages);
  xnor_release(network->parts);
  xnor_release(network->maps);
  xnor_release(network->tensors);
  xnor_release(network->sums);
  xnor_release(network->values);
  xnor_release(network->planes);
  xnor_release(network->scratch);
  xnor_release(network);
}

/* Row y of the picture, planar bytes, as real values: (b - mean) * scale. */
static void picture_row(const struct xnor_stage *spec, const uint8_t *input, const float *mean, const float *scale, int y,
                        float *values) {
  const size_t plane = (size_t)spec->height * spec->width;
  for (int c = 0; c < spec->channels; c++) {
    const uint8_t *row = input + c * plane + (size_t)y * spec->width;
    for (int x = 0; x < spec->width; x++) values[(size_t)x * spec->channels + c] = ((float)row[x] - mean[c]) * scale[c];
  }
}

/* The bytes 0 and 2 of a word, and 1 and 3, each in a half of its own. */
static uint32_t even_bytes(uint32_t word) { return word & 0x00ff00ff; }
static uint32_t odd_bytes(uint32_t word) { return (word >> 8) & 0x00ff00ff; }

static uint32_t load_word(const uint8_t *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

/* Three planes of 4n pixels to interleaved bytes less 128, four pixels at a time: a byte of a flipped highest bit is one
 * less 128. Words are little endian, as on every machine that Node runs on here. */
static void center_of_three(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t pixels, int8_t *out) {
  for (size_t p = 0; p < pixels; p += 4) {
    const uint32_t flip = 0x80808080;
    const uint32_t first = load_word(a + p) ^ flip, second = load_word(b + p) ^ flip, third = load_word(c + p) ^ flip;
    const uint32_t left = even_bytes(first) | even_bytes(second) << 8;  /* a0 b0 a2 b2 */
    const uint32_t middle = even_bytes(third) | odd_bytes(first) << 8;  /* c0 a1 c2 a3 */
    const uint32_t right = odd_bytes(second) | odd_bytes(third) << 8;   /* b1 c1 b3 c3 */
    const uint32_t words[3] = {
        (left & 0xffff) | middle << 16,
        (right & 0xffff) | (left & 0xffff0000),
        middle >> 16 | (right & 0xffff0000),
    };
    memcpy(out + 3 * p, words, sizeof words);
  }
}

/* The picture as bytes less 128. */
static void center(const struct xnor_stage *spec, const uint8_t *input, int8_t *out) {
  const size_t plane = (size_t)spec->height * spec->width;
  if (spec->channels == 3 && plane % 4 == 0) {
    center_of_three(input, input + plane, input + 2 * plane, plane, out);
    return;
  }
  for (int c = 0; c < spec->channels; c++) {
    for (size_t p = 0; p < plane; p++) out[p * spec->channels + c] = (int8_t)(input[c * plane + p] - 128);
  }
}

/* Sums or values of row y -> values, each pixel multiplied by its factor. */
static void multiply_row(const struct stage *stage, const float *factors, int y, const int32_t *sums, float *values) {
  const int width = stage->spec.width, channels = stage->spec.channels;
  const float *scale = stage->post.scale, *bias = stage->post.bias;
  factors += (size_t)y * width;
  for (int x = 0; x < width; x++, values += channels) {
    for (int c = 0; sums != NULL && c < channels; c++) values[c] = (float)sums[(size_t)x * channels + c] * scale[c] + bias[c];
    for (int c = 0; c < channels; c++) values[c] *= factors[x];
  }
}

static uint32_t *signs_of_row(const struct stage *stage, int y) {
  return stage->post.signs + (size_t)y * stage->spec.width * xnor_words(stage->spec.channels);
}

/* Row y, the one of index `row` in its band; `band`: where the band's sums stand, or one row's. */
static void run_row(struct xnor_network *network, const struct stage *stage, const uint8_t *input, int y, int row,
                    int32_t *band) {
  const struct xnor_stage *spec = &stage->spec;
  const struct xnor_kernels *kernels = network->kernels;
  const size_t elements = (size_t)spec->width * spec->channels;
  const void *in = map(network, spec->input);
  float *values = network->values;
  int32_t *sums = NULL;
  switch ((enum xnor_source)spec->source) {
    case XNOR_SOURCE_BINARY_CONV:
      sums = kernels->binary_row == NULL || spec->sums >= 0 ? band + row * elements : band;
      if (kernels->binary_row != NULL) kernels->binary_row(&stage->conv, in, y, row, sums);
      break;
    case XNOR_SOURCE_INT8_CONV:
      sums = kernels->int8_row == NULL || spec->sums >= 0 ? band + row * elements : band;
      if (kernels->int8_row != NULL) kernels->int8_row(&stage->conv, in, y, row, sums);
      break;
    case XNOR_SOURCE_PLANE_CONV:
    case XNOR_SOURCE_TERNARY_CONV:
      sums = band + row * elements;
      break;
    case XNOR_SOURCE_BINARY_WEIGHT_CONV:
      sums = band;
      xnor_binary_weight_row(&stage->conv, in, (const uint32_t *)(network->tensors + spec->weight), y, sums);
      break;
    case XNOR_SOURCE_REAL_BINARY_WEIGHT_CONV:
      xnor_real_binary_weight_row(&stage->conv, in, (const uint32_t *)(network->tensors + spec->weight), stage->post.scale,
                                  stage->post.bias, y, values);
      break;
    case XNOR_SOURCE_ACTIVATION_SCALE:
      xnor_activation_scale_row(&stage->conv, stage->conv.weight, y, values);
      break;
    case XNOR_SOURCE_BATCH_NORM:
      xnor_batch_norm((const float *)in + y * elements, (size_t)spec->width, spec->channels, stage->post.scale,
                      stage->post.bias, floats(network, spec->clip), values);
      break;
    case XNOR_SOURCE_MAX_POOL:
      xnor_max_pool_row(&stage->conv, in, y, values);
      break;
    case XNOR_SOURCE_SIGN_POOL:
      xnor_sign_pool_row(&stage->conv, in, stage->post.sign_scale, y, signs_of_row(stage, y));
      return;
    case XNOR_SOURCE_CHANNELS:
      xnor_channels_row(network->parts + spec->first_part, spec->parts, network->maps, spec->width, spec->channels, y, values);
      break;
    case XNOR_SOURCE_LOGISTIC:
      xnor_logistic((const float *)in + y * elements, elements, values);
      break;
    case XNOR_SOURCE_SUMS:
      sums = (int32_t *)in + y * elements;
      break;
    case XNOR_SOURCE_REAL:
      memcpy(values, (const float *)in + y * elements, elements * sizeof *values);
      break;
    case XNOR_SOURCE_CONV:
      xnor_real_conv_row(&stage->conv, in, floats(network, spec->weight), stage->post.bias, y, values);
      break;
    case XNOR_SOURCE_PICTURE:
      picture_row(spec, input, stage->post.bias, stage->post.scale, y, values);
      break;
    case XNOR_SOURCE_NONE:
    case XNOR_SOURCE_BYTES:
    case XNOR_SOURCES:
      memset(values, 0, elements * sizeof *values);
      break;
  }
  if (stage->padding_taps != NULL) xnor_padding_take_back(spec, stage->padding_taps, y, sums);
  if (spec->sums < 0 && spec->factors >= 0) {
    multiply_row(stage, map(network, spec->factors), y, sums, values);
    sums = NULL;
  }
  if (stage->thresholds.least != NULL) {
    kernels->threshold_row(&stage->thresholds, sums, spec->width, spec->channels, signs_of_row(stage, y));
  } else if (spec->sums < 0) {
    kernels->post_row(&stage->post, y, sums, values);
  }
}

/* What is done for `rows` rows at once, from row y on. */
static void begin_band(struct xnor_network *network, const struct stage *stage, int y, int rows, int32_t *sums) {
  const struct xnor_kernels *kernels = network->kernels;
  const void *in = map(network, stage->spec.input);
  if (stage->spec.source == XNOR_SOURCE_BINARY_CONV && kernels->binary_band != NULL) {
    kernels->binary_band(&stage->conv, in, y, rows, sums);
  }
  if (stage->spec.source == XNOR_SOURCE_INT8_CONV && kernels->int8_band != NULL) {
    kernels->int8_band(&stage->conv, in, y, rows, sums);
  }
  if (xnor_is_low_bit(stage->spec.source)) {
    xnor_low_bit_band(kernels, &stage->conv, &stage->low, in, y, rows, network->planes, sums);
  }
  if (stage->spec.source == XNOR_SOURCE_ACTIVATION_SCALE && y == 0) xnor_sum_magnitudes(&stage->conv, in, stage->conv.weight);
}

void xnor_network_run_stage(struct xnor_network *network, int index, const uint8_t *input) {
  const struct stage *stage = &network->stages[index];
  const struct xnor_stage *spec = &stage->spec;
  if (spec->source == XNOR_SOURCE_BYTES) {
    center(spec, input, stage->post.bytes);
    return;
  }
  const int most = stage->conv.rows > 0 ? stage->conv.rows : 1;
  for (int y = 0; y < spec->height; y += most) {
    const int rows = spec->height - y < most ? spec->height - y : most;
    const size_t before = (size_t)y * spec->width * spec->channels;
    int32_t *sums = spec->sums < 0 ? network->sums : (int32_t *)map(network, spec->sums) + before;
    begin_band(network, stage, y, rows, sums);
    for (int row = 0; row < rows; row++) run_row(network, stage, input, y + row, row, sums);
  }
}

void xnor_network_run(struct xnor_network *network, const uint8_t *input, float *output) {
  for (int i = 0; i < network->header.stages; i++) xnor_network_run_stage(network, i, input);
  xnor_network_read(network, output);
}

void xnor_network_read(const struct xnor_network *network, float *output) {
  for (int i = 0; i < network->header.outputs; i++) {
    const size_t elements = (size_t)network->header.output[i].elements;
    memcpy(output, network->maps + network->header.output[i].map, elements * sizeof *output);
    output += elements;
  }
}

bool xnor_network_stage_has_thresholds(const struct xnor_network *network, int stage) {
  return network->stages[stage].thresholds.least != NULL;
}

int xnor_network_stages(const struct xnor_network *network) { return network->header.stages; }

size_t xnor_network_bytes(const struct xnor_network *network) {
  /* The weights of the convolutions, nearly all of the tensors, are there twice: as they came and as laid out. */
  return (size_t)network->header.map_bytes + 2 * network->tensor_bytes;
}

size_t xnor_network_input_bytes(const struct xnor_network *network) { return (size_t)network->header.input_bytes; }

size_t xnor_network_output_elements(const struct xnor_network *network) {
  size_t elements = 0;
  for (int i = 0; i < network->header.outputs; i++) elements += (size_t)network->header.output[i].elements;
  return elements;
}

const void *xnor_network_map(const struct xnor_network *network, int32_t offset) { return map(network, offset); }
