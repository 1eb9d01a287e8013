#include "decode.h"

#include <math.h>
#include <stdbool.h>

#define BOX_SIDES 4

static double softplus(double x) { return x > 20 ? x : log1p(exp(x)); }

static bool is_before(const struct xnor_box *a, const struct xnor_box *b) {
  return a->score > b->score || (a->score == b->score && a->order < b->order);
}

/* Puts a box in its place among the best; `count` of them are there. Boxes are few, so insertion is cheap. */
static size_t insert(struct xnor_box *boxes, size_t count, size_t most, const struct xnor_box *box) {
  if (count == most && (most == 0 || !is_before(box, &boxes[most - 1]))) return count;
  size_t at = count < most ? count : most - 1;
  for (; at > 0 && is_before(box, &boxes[at - 1]); at--) boxes[at] = boxes[at - 1];
  boxes[at] = *box;
  return count < most ? count + 1 : most;
}

size_t xnor_decode(const struct xnor_level *levels, size_t level_count, int32_t classes, const float *logit_thresholds,
                   struct xnor_box *boxes, size_t most) {
  size_t count = 0;
  int32_t order = 0;
  for (size_t i = 0; i < level_count; i++) {
    const float *cell = levels[i].logits;
    const double stride = levels[i].stride;
    for (int32_t y = 0; y < levels[i].height; y++) {
      for (int32_t x = 0; x < levels[i].width; x++, cell += classes + BOX_SIDES) {
        for (int32_t c = 0; c < classes; c++) {
          /* Comparing logits saves an exponential for each of the many cells where nothing is. */
          if (!(cell[c] >= logit_thresholds[c])) continue;
          double side[BOX_SIDES];
          for (int k = 0; k < BOX_SIDES; k++) side[k] = softplus(cell[classes + k]) * stride;
          const double left = (x + 0.5) * stride - side[0], top = (y + 0.5) * stride - side[1];
          const struct xnor_box box = {1 / (1 + exp(-(double)cell[c])),
                                       {left, top, side[0] + side[2], side[1] + side[3]}, c, order++};
          count = insert(boxes, count, most, &box);
        }
      }
    }
  }
  return count;
}

static double smaller(double a, double b) { return a < b ? a : b; }
static double larger(double a, double b) { return a > b ? a : b; }

static double intersection_over_union(const double *a, const double *b) {
  const double across = smaller(a[0] + a[2], b[0] + b[2]) - larger(a[0], b[0]);
  const double down = smaller(a[1] + a[3], b[1] + b[3]) - larger(a[1], b[1]);
  if (!(across > 0) || !(down > 0)) return 0;
  return across * down / (a[2] * a[3] + b[2] * b[3] - across * down);
}

size_t xnor_suppress(struct xnor_box *boxes, size_t count, double iou, size_t most) {
  size_t kept = 0;
  for (size_t i = 0; i < count && kept < most; i++) {
    bool hidden = false;
    for (size_t k = 0; k < kept && !hidden; k++) {
      hidden = boxes[k].class_id == boxes[i].class_id && intersection_over_union(boxes[k].box, boxes[i].box) > iou;
    }
    if (!hidden) boxes[kept++] = boxes[i];
  }
  return kept;
}
