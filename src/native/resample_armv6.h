/* Resampling with SMLAD, two taps an instruction, bit for bit as resample.c does it. */
#ifndef XNOR_RESAMPLE_ARMV6_H
#define XNOR_RESAMPLE_ARMV6_H

#include <stdbool.h>
#include <stdint.h>

/* One axis, its taps in runs of four (x) or two (y); those beyond an output's own weigh 0. */
struct xnor_paired_axis {
  int32_t in_size, out_size, runs; /* runs of every output */
  uint16_t *first;                 /* (out_size): where its runs begin; all lie within the axis */
  uint32_t *weights;               /* x: (out_size, runs, 2) taps 0 and 2, 1 and 3; y: (out_size, runs) taps 0 and 1 */
};

struct xnor_paired {
  bool ready; /* false: an axis is shorter than a run, or memory is out */
  struct xnor_paired_axis x, y;
  uint8_t *ring; /* rows that are resampled along x, (lines, width): few, so that they stay in the cache */
  int32_t lines, width;
};

/* Tables as xnor_resampler_create checked them. */
void xnor_paired_prepare(struct xnor_paired *paired, const int32_t *table_x, const int32_t *table_y);
void xnor_paired_free(struct xnor_paired *paired);
void xnor_paired_resample(struct xnor_paired *paired, const uint8_t *source, uint8_t *out, int64_t stride);

#endif
