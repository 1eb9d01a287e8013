/*
 * The kernels of a binary network: what src/nn/kernels/reference.ts defines, fast.
 *
 * A network comes as a program: a list of stages, made from the graph by src/nn/program.ts. Each stage takes sums or
 * values from a source and sends them through one pass:
 *
 *   source -> * scale + bias -> * factor -> + shortcut -> activation -> real map, signs, bytes, bit-planes (any of them)
 *
 * Maps are NHWC with N = 1. Signs are packed 32 channels to a word, the lowest in the least significant bit, 1 for +1.
 * Real values are IEEE single precision and each operation is rounded by itself (compile with -ffp-contract=off), so
 * that all variants give the signs that `reference` gives. Sums of a real convolution are double until stored.
 */
#ifndef XNOR_H
#define XNOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a stage's values come from. */
enum xnor_source {
  XNOR_SOURCE_NONE,        /* nothing: the shortcut is the value */
  XNOR_SOURCE_BYTES,       /* the picture, planar bytes; gives bytes less 128 */
  XNOR_SOURCE_PICTURE,     /* the picture, planar bytes, as real values */
  XNOR_SOURCE_REAL,        /* a real map */
  XNOR_SOURCE_SUMS,        /* a map of 32-bit sums */
  XNOR_SOURCE_CONV,        /* real convolution of a real map */
  XNOR_SOURCE_INT8_CONV,   /* of bytes */
  XNOR_SOURCE_BINARY_CONV, /* of signs */
  XNOR_SOURCE_PLANE_CONV,  /* of values of k bits, as k bit maps: low_bit.c */
  XNOR_SOURCE_TERNARY_CONV, /* of signs, with weights of -1, 0 and 1: low_bit.c */
  XNOR_SOURCE_BINARY_WEIGHT_CONV, /* of bytes, with weights of +-1: binary_weight.c */
  XNOR_SOURCE_REAL_BINARY_WEIGHT_CONV, /* of a real map, with a scale and a bias of its own */
  XNOR_SOURCE_ACTIVATION_SCALE, /* XNOR-Net's K of a real map: activation_scale.c */
  XNOR_SOURCE_BATCH_NORM, /* a real map * scale + bias, clipped: batch_norm.c */
  XNOR_SOURCE_MAX_POOL,   /* the largest of each window of a real map: maps.c */
  XNOR_SOURCE_CHANNELS,   /* channels of one or several real maps: maps.c */
  XNOR_SOURCE_LOGISTIC,   /* the logistic function of a real map: maps.c */
  XNOR_SOURCE_SIGN_POOL,  /* signs of the largest of each window of values, from the signs of all: maps.c */
  XNOR_SOURCES
};

/* How the shortcut is read. Where it has fewer channels than the output they are repeated: c, c + C, c + 2C, ... */
enum xnor_shortcut {
  XNOR_SHORTCUT_NONE,
  XNOR_SHORTCUT_SAME,
  XNOR_SHORTCUT_MEAN, /* mean over 2x2, stride 2 */
  XNOR_SHORTCUT_TWICE, /* nearest neighbor, x2 */
  XNOR_SHORTCUTS
};

/* A stage as it stands in a program. Offsets are in bytes, into the maps' memory or the tensors; -1: not there. */
struct xnor_stage {
  int32_t source;
  int32_t input; /* map */
  int32_t in_height, in_width, in_channels;
  int32_t height, width, channels;
  int32_t kernel, stride, padding;               /* of a convolution or a pooling */
  int32_t outside;                               /* what stands around its input: a sign, +-1 or 0, or a byte */
  int32_t weight;                                /* tensor (channels, kernel, kernel, in_channels or their words) */
  int32_t scale, bias;                           /* tensors (channels); of a picture: scale and mean (in_channels) */
  int32_t shortcut, shortcut_map;
  int32_t shortcut_height, shortcut_width, shortcut_channels;
  int32_t slope;                         /* tensor (channels): x where x > 0, else x * slope */
  int32_t real;                          /* map of float */
  int32_t signs, sign_scale, sign_bias;  /* map of words; tensors (channels): bit = x * scale + bias >= 0 */
  int32_t bytes, byte_scale;             /* map of int8; tensor (channels) */
  int32_t sums;                          /* map of int32: the source as it is */
  int32_t in_planes, weight_planes;      /* of a convolution by bit-planes */
  int32_t mask;                          /* tensor like weight, which has the signs; of ternary weights */
  int32_t factors;                       /* map of float, one a pixel */
  int32_t planes, plane_scale, plane_count; /* map of plane_count bit maps; tensor (channels) */
  int32_t clip;                             /* tensor (2): least and greatest value; of a batch norm */
  int32_t first_part, parts;                /* of the program's parts, those that its channels come from */
};

/* Neighboring channels of a real map, as high and wide as the stage that reads them. */
struct xnor_part {
  int32_t map, map_channels;
  int32_t first, channels;
};

#define XNOR_PROGRAM_MAGIC 0x524f4e58 /* "XNOR" */
#define XNOR_PROGRAM_VERSION 5
/* More than the layers of a graph, and than what they read: its JSON has at most 1 MiB (src/nn/model-file.ts). */
#define XNOR_MAX_STAGES (1 << 15)
#define XNOR_MAX_PARTS (1 << 19)
#define XNOR_MAX_OUTPUTS 8

/* The start of a program; the stages follow, then the parts. All words are little endian. */
struct xnor_program_header {
  int32_t magic, version;
  int32_t map_bytes;   /* memory of all maps */
  int32_t input_bytes; /* of the picture: channels x height x width */
  int32_t stages, parts;
  int32_t outputs; /* real maps that are read after a run */
  struct {
    int32_t map, elements;
  } output[XNOR_MAX_OUTPUTS];
};

struct xnor_network;

/* Names of the variants that this CPU can run, the best first; NULL ends the list. */
const char *const *xnor_variants(void);

/*
 * Checks a program and makes it ready to run; copies what it needs of the tensors.
 * NULL when it can't: then `problem` says why in one line. No input makes it read or write out of bounds.
 */
struct xnor_network *xnor_network_create(const void *program, size_t program_bytes, const void *tensors,
                                         size_t tensor_bytes, const char *variant, const char **problem);
void xnor_network_free(struct xnor_network *network);

/* Memory that it holds, but for what few bytes its stages take. */
size_t xnor_network_bytes(const struct xnor_network *network);
size_t xnor_network_input_bytes(const struct xnor_network *network);
/* Elements of all outputs together. */
size_t xnor_network_output_elements(const struct xnor_network *network);
/* Computes everything from `input` (planar bytes) and copies the outputs, one after the other, to `output`. */
void xnor_network_run(struct xnor_network *network, const uint8_t *input, float *output);

/* The same in steps, for measuring: stage by stage, then the outputs. */
int xnor_network_stages(const struct xnor_network *network);
void xnor_network_run_stage(struct xnor_network *network, int stage, const uint8_t *input);
void xnor_network_read(const struct xnor_network *network, float *output);
/* Whether a stage makes its signs by comparing integers: threshold.h. */
bool xnor_network_stage_has_thresholds(const struct xnor_network *network, int stage);
/* The map of 32-bit sums, signs or real values that a stage wrote; for comparing with `reference`. */
const void *xnor_network_map(const struct xnor_network *network, int32_t map);

#endif
