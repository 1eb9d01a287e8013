/*
 * The whole way of a frame on an ARM1176: a 640x480 picture in memory, letterbox, network, boxes after suppression.
 * Reads one file that scripts/bench/arm1176.mjs writes. Each part runs as a section of its own; what a stage wrote is
 * hashed in the first frame and printed, for comparing with the reference; the last frame is what counts.
 */
#include <string.h>

#include "decode.h"
#include "freestanding.h"
#include "resample.h"
#include "xnor.h"

#define MAX_LEVELS 8
#define MAX_BOXES 1000

/* The file: a count, then for each part its offset and bytes; parts begin at multiples of 8. */
enum part { PROGRAM, TENSORS, PICTURE, GEOMETRY, LUMA_X, LUMA_Y, CHROMA_X, CHROMA_Y, LEVELS, THRESHOLDS, FRAMES, PARTS };

/* Sizes in pixels; left and top: where the picture lies in the input. */
struct geometry {
  int32_t width, height, input_width, input_height, left, top;
};

struct decoding {
  int32_t classes, candidates, most, iou_percent, levels;
  struct {
    int32_t width, height, stride;
  } level[MAX_LEVELS];
};

static const uint8_t *file;

static const void *part(enum part index, size_t *bytes) {
  const uint32_t *table = (const uint32_t *)file + 1 + 2 * index;
  if (bytes != NULL) *bytes = table[1];
  return file + table[0];
}

static struct xnor_resampler *resampler(enum part x, enum part y) {
  size_t x_bytes, y_bytes;
  const int32_t *table_x = part(x, &x_bytes), *table_y = part(y, &y_bytes);
  const char *problem = "";
  struct xnor_resampler *made = xnor_resampler_create(table_x, x_bytes / 4, table_y, y_bytes / 4, &problem);
  if (made == NULL) {
    bench_print(problem);
    bench_exit(1);
  }
  return made;
}

/* FNV-1a; goes on from a hash. */
static uint32_t hash_from(uint32_t hash, const void *data, size_t bytes) {
  const uint8_t *byte = data;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * 16777619u;
  return hash;
}

static const uint32_t hash_start = 2166136261u;

static void print_named(const char *name, uint32_t hash) {
  bench_print(" ");
  bench_print(name);
  bench_print(" ");
  bench_print_number(hash);
}

static void print_hash(const char *name, const void *data, size_t bytes) {
  print_named(name, hash_from(hash_start, data, bytes));
}

/* Of zeros of either sign every operation behind makes the same; the kernels differ in which they give. */
static void print_reals(const float *values, size_t count) {
  uint32_t hash = hash_start;
  for (size_t i = 0; i < count; i++) {
    const float unsigned_zero = values[i] + 0.0f;
    hash = hash_from(hash, &unsigned_zero, sizeof unsigned_zero);
  }
  print_named("real", hash);
}

static void print_stage(const struct xnor_network *network, const struct xnor_stage *stage, int index) {
  const size_t pixels = (size_t)stage->height * stage->width;
  bench_print("stage ");
  bench_print_number(index);
  if (stage->sums >= 0) print_hash("sums", xnor_network_map(network, stage->sums), pixels * stage->channels * 4);
  if (stage->real >= 0) print_reals(xnor_network_map(network, stage->real), pixels * stage->channels);
  if (stage->bytes >= 0) print_hash("bytes", xnor_network_map(network, stage->bytes), pixels * stage->channels);
  const size_t bit_map_bytes = pixels * (((uint32_t)stage->channels + 31) / 32) * 4;
  if (stage->signs >= 0) print_hash("signs", xnor_network_map(network, stage->signs), bit_map_bytes);
  if (stage->planes >= 0) {
    print_hash("planes", xnor_network_map(network, stage->planes), bit_map_bytes * (size_t)stage->plane_count);
  }
  bench_print("\n");
}

/* A fraction as thousandths. */
static void print_thousandths(double value) {
  if (value < 0) bench_print("-");
  bench_print_number((uint64_t)(uint32_t)((value < 0 ? -value : value) * 1000 + 0.5));
  bench_print(" ");
}

int main(int argc, char **argv) {
  size_t bytes;
  file = argc == 2 ? bench_read_file(argv[1], &bytes) : NULL;
  if (file == NULL) {
    bench_print("usage: driver FILE\n");
    return 1;
  }
  size_t program_bytes, tensor_bytes;
  const void *program = part(PROGRAM, &program_bytes), *tensors = part(TENSORS, &tensor_bytes);
  const char *problem = "";
  struct xnor_network *network =
      xnor_network_create(program, program_bytes, tensors, tensor_bytes, "arm1176", &problem);
  if (network == NULL) {
    bench_print(problem);
    return 1;
  }
  const struct geometry *geometry = part(GEOMETRY, NULL);
  const uint8_t *picture = part(PICTURE, &bytes);
  const size_t picture_bytes = bytes;
  struct xnor_resampler *luma = resampler(LUMA_X, LUMA_Y), *chroma = resampler(CHROMA_X, CHROMA_Y);
  const size_t plane = (size_t)geometry->input_width * geometry->input_height;
  const size_t input_bytes = xnor_network_input_bytes(network);
  static uint8_t input[3 * 1024 * 1024];
  static float output[1024 * 1024];
  if (input_bytes > sizeof input || input_bytes != 3 * plane ||
      xnor_network_output_elements(network) > sizeof output / sizeof output[0]) {
    bench_print("the network is too large for this program\n");
    return 1;
  }
  const struct decoding *decoding = part(LEVELS, NULL);
  const float *thresholds = part(THRESHOLDS, NULL);
  const struct xnor_stage *stages = (const struct xnor_stage *)((const uint8_t *)program + sizeof(struct xnor_program_header));
  struct xnor_level levels[MAX_LEVELS];
  const float *logits = output;
  for (int32_t i = 0; i < decoding->levels; i++) {
    levels[i] = (struct xnor_level){logits, decoding->level[i].width, decoding->level[i].height, decoding->level[i].stride};
    logits += (size_t)levels[i].width * levels[i].height * (decoding->classes + 4);
  }
  static struct xnor_box boxes[MAX_BOXES];
  const int32_t frames = *(const int32_t *)part(FRAMES, NULL);
  for (int32_t frame = 0; frame < frames; frame++) {
    /* Hashing fills the caches with what a camera would not read, so it has a frame before the one that counts. */
    const bool hashes = frame == 0, counts = frame == frames - 1;
    uint32_t section = 1;
    bench_section(counts ? section++ : 0);
    memset(input, 128, input_bytes);
    const size_t first = (size_t)geometry->top * geometry->input_width + geometry->left;
    const size_t luma_bytes = (size_t)geometry->width * geometry->height;
    xnor_resample(luma, picture, picture_bytes, 0, input, input_bytes, (int64_t)first, geometry->input_width);
    for (size_t k = 0; k < 2; k++) {
      const int64_t from = (int64_t)(luma_bytes + k * (size_t)((geometry->width + 1) / 2) * ((geometry->height + 1) / 2));
      xnor_resample(chroma, picture, picture_bytes, from, input, input_bytes, (int64_t)(first + (k + 1) * plane),
                    geometry->input_width);
    }
    bench_section(0);
    if (hashes) {
      bench_print("input");
      print_hash("bytes", input, input_bytes);
      bench_print("\n");
    }
    for (int i = 0; i < xnor_network_stages(network); i++) {
      bench_section(counts ? section++ : 0);
      xnor_network_run_stage(network, i, input);
      bench_section(0);
      if (hashes) print_stage(network, &stages[i], i);
    }
    bench_section(counts ? section : 0);
    xnor_network_read(network, output);
    size_t count = xnor_decode(levels, (size_t)decoding->levels, decoding->classes, thresholds, boxes,
                               (size_t)decoding->candidates < MAX_BOXES ? (size_t)decoding->candidates : MAX_BOXES);
    count = xnor_suppress(boxes, count, decoding->iou_percent / 100.0, (size_t)decoding->most);
    bench_section(0);
    for (size_t i = 0; counts && i < count; i++) {
      bench_print("box ");
      bench_print_number((uint64_t)boxes[i].class_id);
      bench_print(" ");
      print_thousandths(boxes[i].score);
      for (int k = 0; k < 4; k++) print_thousandths(boxes[i].box[k]);
      bench_print("\n");
    }
  }
  return 0;
}
