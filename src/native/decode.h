/* The outputs of the network -> boxes: src/detect/decode.ts and nms.ts. */
#ifndef XNOR_DECODE_H
#define XNOR_DECODE_H

#include <stddef.h>
#include <stdint.h>

/* A box in pixels of the network's input: left, top, width, height. */
struct xnor_box {
  double score;
  double box[4];
  int32_t class_id;
  int32_t order; /* of two with the same score the earlier cell comes first */
};

/* A level: (height, width, classes + 4) logits, a cell being `stride` pixels of the input. */
struct xnor_level {
  const float *logits;
  int32_t width, height, stride;
};

/*
 * Cells whose logit reaches the class's threshold, the best `most` of them, best first. `boxes` has room for `most`.
 * Returns their number.
 */
size_t xnor_decode(const struct xnor_level *levels, size_t level_count, int32_t classes, const float *logit_thresholds,
                   struct xnor_box *boxes, size_t most);

/* Greedy suppression within each class, in place; returns how many stay, at most `most`. */
size_t xnor_suppress(struct xnor_box *boxes, size_t count, double iou, size_t most);

#endif
