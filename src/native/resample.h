/* One plane of a picture to another size, by integer filter taps along x, then along y: src/image/resample.ts. */
#ifndef XNOR_RESAMPLE_H
#define XNOR_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xnor_resampler;

/*
 * A table: in size, out size, first (out size), offsets (out size + 1), weights (offsets[out size]); 32-bit words.
 * NULL when one is broken or memory is out; then `problem` says why.
 */
struct xnor_resampler *xnor_resampler_create(const int32_t *x, size_t x_length, const int32_t *y, size_t y_length,
                                             const char **problem);
void xnor_resampler_free(struct xnor_resampler *resampler);

/*
 * From byte `from` of `source` (rows of x's in size) to byte `to` of `out` (rows of `stride` bytes).
 * false when it would reach beyond either; then nothing is written.
 */
bool xnor_resample(struct xnor_resampler *resampler, const uint8_t *source, size_t source_bytes, int64_t from, uint8_t *out,
                   size_t out_bytes, int64_t to, int64_t stride);

#endif
