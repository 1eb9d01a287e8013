/* The checks that make a program safe to run: whatever its bytes are, no stage reaches beyond maps and tensors. */
#include "check.h"

#include <string.h>

#include "kernels.h"

#define MAX_EXTENT 4096
#define MAX_KERNEL 15
#define MAX_STRIDE 8
#define MAX_MAP_BYTES (1 << 28)
#define MAX_BYTE_PRODUCTS ((1 << 17) - 1) /* of two bytes, in a 32-bit sum */
#define MAX_PLANES 8
#define MAX_PLANE_SUM (1 << 29) /* so that no order of adding the parts overflows */

struct limits {
  int64_t map_bytes, tensor_bytes, input_bytes;
  const uint8_t *parts; /* (part_count) xnor_part, of any alignment */
  int32_t part_count;
};

static bool within(int64_t offset, int64_t bytes, int64_t limit, int64_t alignment) {
  return offset >= 0 && (offset & (alignment - 1)) == 0 && bytes <= limit - offset;
}

static bool extent(int32_t value) { return value >= 1 && value <= MAX_EXTENT; }

static int64_t elements(int32_t height, int32_t width, int32_t channels) { return (int64_t)height * width * channels; }

/* An optional tensor of one float a channel. */
static bool channel_tensor(int32_t offset, int32_t channels, const struct limits *limits) {
  return offset == -1 || within(offset, 4 * (int64_t)channels, limits->tensor_bytes, 4);
}

static bool is_conv(int32_t source) {
  return source == XNOR_SOURCE_CONV || source == XNOR_SOURCE_INT8_CONV || source == XNOR_SOURCE_BINARY_CONV ||
         (source >= XNOR_SOURCE_PLANE_CONV && source <= XNOR_SOURCE_ACTIVATION_SCALE);
}

static bool is_pool(int32_t source) { return source == XNOR_SOURCE_MAX_POOL || source == XNOR_SOURCE_SIGN_POOL; }

bool xnor_gives_sums(int32_t source) {
  return source == XNOR_SOURCE_INT8_CONV || source == XNOR_SOURCE_BINARY_CONV || source == XNOR_SOURCE_PLANE_CONV ||
         source == XNOR_SOURCE_TERNARY_CONV || source == XNOR_SOURCE_BINARY_WEIGHT_CONV;
}

static bool reads_bytes(int32_t source) {
  return source == XNOR_SOURCE_INT8_CONV || source == XNOR_SOURCE_BINARY_WEIGHT_CONV;
}

static bool plane_count(int32_t planes) { return planes >= 1 && planes <= MAX_PLANES; }

/* Bytes of the weights of a convolution of `taps` times the input's channels. */
static int64_t weight_bytes(const struct xnor_stage *stage, int64_t taps) {
  switch (stage->source) {
    case XNOR_SOURCE_CONV:
      return 4 * taps * stage->in_channels;
    case XNOR_SOURCE_INT8_CONV:
      return taps * stage->in_channels;
    case XNOR_SOURCE_PLANE_CONV:
      return 4 * taps * stage->weight_planes * xnor_words(stage->in_channels);
    default:
      return 4 * taps * xnor_words(stage->in_channels);
  }
}

static const char *check_planes(const struct xnor_stage *stage) {
  if (!plane_count(stage->in_planes) || !plane_count(stage->weight_planes)) return "a number of bit-planes is out of range";
  const int64_t bits = (int64_t)stage->kernel * stage->kernel * xnor_words(stage->in_channels) * 32;
  const int64_t levels = (int64_t)((1 << stage->in_planes) - 1) * ((1 << stage->weight_planes) - 1);
  return bits * levels > MAX_PLANE_SUM ? "the sums of a convolution by bit-planes may overflow" : NULL;
}

static bool window(const struct xnor_stage *stage) {
  return stage->kernel >= 1 && stage->kernel <= MAX_KERNEL && stage->stride >= 1 && stage->stride <= MAX_STRIDE &&
         stage->padding >= 0 && stage->padding < stage->kernel;
}

static const char *check_conv(const struct xnor_stage *stage, const struct limits *limits) {
  if (!window(stage)) return "a window is out of range";
  if ((stage->in_height + 2 * stage->padding - stage->kernel) / stage->stride + 1 != stage->height ||
      (stage->in_width + 2 * stage->padding - stage->kernel) / stage->stride + 1 != stage->width ||
      stage->in_height + 2 * stage->padding < stage->kernel || stage->in_width + 2 * stage->padding < stage->kernel) {
    return "the output of a convolution does not fit its window";
  }
  const bool has_signs = stage->source == XNOR_SOURCE_BINARY_CONV || stage->source == XNOR_SOURCE_TERNARY_CONV;
  if (has_signs && (stage->outside < -1 || stage->outside > 1)) return "a padding sign is neither 1 nor 0 nor -1";
  if (stage->source == XNOR_SOURCE_INT8_CONV && (stage->outside < -128 || stage->outside > 127)) {
    return "what an 8-bit convolution pads with is no byte";
  }
  if (stage->source == XNOR_SOURCE_INT8_CONV && stage->kernel * stage->kernel * stage->in_channels > MAX_BYTE_PRODUCTS) {
    return "the sums of an 8-bit convolution may overflow";
  }
  if (stage->source == XNOR_SOURCE_ACTIVATION_SCALE) {
    return stage->channels == 1 ? NULL : "a map of scales has more than one channel";
  }
  const char *problem = stage->source == XNOR_SOURCE_PLANE_CONV ? check_planes(stage) : NULL;
  if (problem != NULL) return problem;
  const int64_t bytes = weight_bytes(stage, (int64_t)stage->channels * stage->kernel * stage->kernel);
  if (!within(stage->weight, bytes, limits->tensor_bytes, stage->source == XNOR_SOURCE_INT8_CONV ? 1 : 4) ||
      (stage->source == XNOR_SOURCE_TERNARY_CONV && !within(stage->mask, bytes, limits->tensor_bytes, 4))) {
    return "the weights of a convolution lie outside the tensors";
  }
  return NULL;
}

/* Each window has a pixel of the map: the last one begins in it, and none ends before it. */
static const char *check_pool(const struct xnor_stage *stage) {
  if (!window(stage)) return "a window is out of range";
  if (stage->channels != stage->in_channels ||
      (stage->height - 1) * stage->stride - stage->padding >= stage->in_height ||
      (stage->width - 1) * stage->stride - stage->padding >= stage->in_width) {
    return "the output of a pooling does not fit its window";
  }
  return NULL;
}

static const char *check_parts(const struct xnor_stage *stage, const struct limits *limits) {
  if (stage->first_part < 0 || stage->parts < 1 || stage->parts > limits->part_count - stage->first_part) {
    return "the parts of a stage are none of the program's";
  }
  int32_t channels = 0;
  for (int i = 0; i < stage->parts && channels <= stage->channels; i++) {
    struct xnor_part part;
    memcpy(&part, limits->parts + (size_t)(stage->first_part + i) * sizeof part, sizeof part);
    if (!extent(part.map_channels) || !extent(part.channels) || part.first < 0 ||
        part.first > part.map_channels - part.channels) {
      return "a part has channels that are out of range";
    }
    const int64_t bytes = 4 * elements(stage->height, stage->width, part.map_channels);
    if (!within(part.map, bytes, limits->map_bytes, 4)) return "a part lies outside the maps";
    channels += part.channels;
  }
  return channels == stage->channels ? NULL : "the parts of a stage have other channels than it";
}

static const char *check_source(const struct xnor_stage *stage, const struct limits *limits) {
  const int64_t in = elements(stage->in_height, stage->in_width, stage->in_channels);
  int64_t bytes = 4 * in;
  switch (stage->source) {
    case XNOR_SOURCE_NONE:
      return stage->shortcut == XNOR_SHORTCUT_NONE ? "a stage has neither source nor shortcut" : NULL;
    case XNOR_SOURCE_BYTES:
    case XNOR_SOURCE_PICTURE:
      if (in != limits->input_bytes) return "the picture has another size than the input";
      if (stage->source == XNOR_SOURCE_BYTES) {
        return stage->bytes < 0 ? "the picture goes nowhere" : NULL;
      }
      return stage->scale < 0 || stage->bias < 0 ? "the picture has no scale or no mean" : NULL;
    case XNOR_SOURCE_CHANNELS:
      return check_parts(stage, limits);
    case XNOR_SOURCE_INT8_CONV:
    case XNOR_SOURCE_BINARY_WEIGHT_CONV:
      bytes = in;
      break;
    case XNOR_SOURCE_PLANE_CONV:
      if (!plane_count(stage->in_planes)) return "a number of bit-planes is out of range";
      bytes = 4 * stage->in_planes * elements(stage->in_height, stage->in_width, xnor_words(stage->in_channels));
      break;
    case XNOR_SOURCE_BINARY_CONV:
    case XNOR_SOURCE_TERNARY_CONV:
    case XNOR_SOURCE_SIGN_POOL:
      bytes = 4 * elements(stage->in_height, stage->in_width, xnor_words(stage->in_channels));
      break;
    default:
      break;
  }
  if (!within(stage->input, bytes, limits->map_bytes, reads_bytes(stage->source) ? 1 : 4)) {
    return "an input lies outside the maps";
  }
  if (stage->source == XNOR_SOURCE_REAL_BINARY_WEIGHT_CONV && (stage->scale < 0 || stage->bias < 0)) {
    return "a convolution of real values with binary weights has no scale or no bias";
  }
  if (stage->source == XNOR_SOURCE_BATCH_NORM && (stage->scale < 0 || stage->bias < 0)) {
    return "a batch norm has no scale or no bias";
  }
  if (stage->clip != -1 && !within(stage->clip, 2 * sizeof(float), limits->tensor_bytes, 4)) {
    return "the limits of a batch norm lie outside the tensors";
  }
  if (stage->source == XNOR_SOURCE_CONV && stage->bias < 0) return "a real convolution has no bias";
  if (stage->source == XNOR_SOURCE_SIGN_POOL && stage->signs < 0) return "pooled signs go nowhere";
  if (is_pool(stage->source)) return check_pool(stage);
  return is_conv(stage->source) ? check_conv(stage, limits) : NULL;
}

static const char *check_shortcut(const struct xnor_stage *stage, const struct limits *limits) {
  if (stage->shortcut == XNOR_SHORTCUT_NONE) return NULL;
  if (!extent(stage->shortcut_height) || !extent(stage->shortcut_width) || !extent(stage->shortcut_channels)) {
    return "a shortcut has an extent that is out of range";
  }
  if (stage->channels % stage->shortcut_channels != 0) return "a shortcut's channels do not divide those of its stage";
  const int32_t height = stage->shortcut_height, width = stage->shortcut_width;
  const bool fits = stage->shortcut == XNOR_SHORTCUT_SAME   ? height == stage->height && width == stage->width
                    : stage->shortcut == XNOR_SHORTCUT_MEAN ? height == 2 * stage->height && width == 2 * stage->width
                                                            : 2 * height == stage->height && 2 * width == stage->width;
  if (!fits) return "a shortcut's size does not fit its stage";
  const int64_t bytes = 4 * elements(height, width, stage->shortcut_channels);
  return within(stage->shortcut_map, bytes, limits->map_bytes, 4) ? NULL : "a shortcut lies outside the maps";
}

static const char *check_outputs(const struct xnor_stage *stage, const struct limits *limits) {
  const int64_t out = elements(stage->height, stage->width, stage->channels);
  const bool has_sums = stage->source == XNOR_SOURCE_SUMS || xnor_gives_sums(stage->source);
  if (stage->sums != -1) {
    if (!xnor_gives_sums(stage->source)) return "a stage without a convolution in integers gives sums";
    return within(stage->sums, 4 * out, limits->map_bytes, 4) ? NULL : "sums lie outside the maps";
  }
  if (has_sums && (stage->scale < 0 || stage->bias < 0)) return "sums have no scale or no bias";
  if (!channel_tensor(stage->scale, stage->channels, limits) || !channel_tensor(stage->bias, stage->channels, limits) ||
      !channel_tensor(stage->slope, stage->channels, limits) ||
      !channel_tensor(stage->sign_scale, stage->channels, limits) ||
      !channel_tensor(stage->sign_bias, stage->channels, limits) ||
      !channel_tensor(stage->byte_scale, stage->channels, limits) ||
      !channel_tensor(stage->plane_scale, stage->channels, limits)) {
    return "a tensor of a stage lies outside the tensors";
  }
  const int64_t pixels = elements(stage->height, stage->width, 1);
  if (stage->factors != -1 && !within(stage->factors, 4 * pixels, limits->map_bytes, 4)) {
    return "factors lie outside the maps";
  }
  if (stage->planes != -1) {
    if (stage->plane_scale < 0 || !plane_count(stage->plane_count)) return "bit-planes have no scale or no number";
    const int64_t words = pixels * xnor_words(stage->channels) * stage->plane_count;
    if (!within(stage->planes, 4 * words, limits->map_bytes, 4)) return "bit-planes lie outside the maps";
  }
  if (stage->real != -1 && !within(stage->real, 4 * out, limits->map_bytes, 4)) return "a real map lies outside the maps";
  if (stage->signs != -1) {
    if (stage->sign_scale < 0 || stage->sign_bias < 0) return "signs have no scale or no bias";
    const int64_t words = elements(stage->height, stage->width, xnor_words(stage->channels));
    if (!within(stage->signs, 4 * words, limits->map_bytes, 4)) return "signs lie outside the maps";
  }
  if (stage->bytes != -1) {
    if (stage->source != XNOR_SOURCE_BYTES && stage->byte_scale < 0) return "bytes have no scale";
    if (!within(stage->bytes, out, limits->map_bytes, 1)) return "bytes lie outside the maps";
  }
  return NULL;
}

static const char *check_stage(const struct xnor_stage *stage, const struct limits *limits) {
  if (stage->source < 0 || stage->source >= XNOR_SOURCES || stage->shortcut < 0 || stage->shortcut >= XNOR_SHORTCUTS) {
    return "a stage is of unknown kind";
  }
  if (!extent(stage->height) || !extent(stage->width) || !extent(stage->channels)) return "an extent is out of range";
  const bool reads = stage->source != XNOR_SOURCE_NONE;
  if (reads && (!extent(stage->in_height) || !extent(stage->in_width) || !extent(stage->in_channels))) {
    return "an extent of an input is out of range";
  }
  const bool same_shape = stage->in_height == stage->height && stage->in_width == stage->width &&
                          stage->in_channels == stage->channels;
  const bool has_window = is_conv(stage->source) || is_pool(stage->source);
  if (reads && !has_window && !same_shape) return "a stage changes the shape of its input";
  const char *problem = check_source(stage, limits);
  if (problem == NULL) problem = check_shortcut(stage, limits);
  if (problem == NULL) problem = check_outputs(stage, limits);
  return problem;
}

const char *xnor_check_program(const void *program, size_t program_bytes, size_t tensor_bytes) {
  struct xnor_program_header header;
  if (program_bytes < sizeof header) return "the program is shorter than its header";
  memcpy(&header, program, sizeof header);
  if (header.magic != XNOR_PROGRAM_MAGIC || header.version != XNOR_PROGRAM_VERSION) {
    return "the program is of another version";
  }
  if (header.stages < 1 || header.stages > XNOR_MAX_STAGES || header.map_bytes < 1 || header.map_bytes > MAX_MAP_BYTES ||
      header.input_bytes < 1 || header.outputs < 0 || header.outputs > XNOR_MAX_OUTPUTS || header.parts < 0 ||
      header.parts > XNOR_MAX_PARTS) {
    return "a number of the program's header is out of range";
  }
  const size_t before_parts = sizeof header + (size_t)header.stages * sizeof(struct xnor_stage);
  if (program_bytes != before_parts + (size_t)header.parts * sizeof(struct xnor_part)) {
    return "the program's length does not fit its stages and parts";
  }
  const struct limits limits = {header.map_bytes, (int64_t)tensor_bytes, header.input_bytes,
                                (const uint8_t *)program + before_parts, header.parts};
  for (int i = 0; i < header.outputs; i++) {
    if (header.output[i].elements < 1 ||
        !within(header.output[i].map, 4 * (int64_t)header.output[i].elements, limits.map_bytes, 4)) {
      return "an output lies outside the maps";
    }
  }
  for (int i = 0; i < header.stages; i++) {
    struct xnor_stage stage;
    memcpy(&stage, (const uint8_t *)program + sizeof header + (size_t)i * sizeof stage, sizeof stage);
    const char *problem = check_stage(&stage, &limits);
    if (problem != NULL) return problem;
  }
  return NULL;
}
