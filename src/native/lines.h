/* What an inner loop of lines.inl is given. */
#ifndef XNOR_LINES_H
#define XNOR_LINES_H

#include "gather.h"

/* Output pixels that share a load of weights. */
#define BLOCK 4

/* Where the window of the first pixel begins, and how it goes on. */
struct window {
  const uint8_t *first;
  size_t pitch;    /* bytes from line to line */
  size_t step;     /* bytes from pixel to pixel of the output */
  int kernel, run; /* lines; steps of a run */
  int32_t most;    /* the sum when no sign differs */
};

/* out[pixel * channels + lane] = the sum, for BLOCK pixels and all lanes. */
typedef void multiply(const struct window *window, const void *weight, int32_t *out, size_t channels);

#endif
