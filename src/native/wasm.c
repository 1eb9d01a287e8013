/*
 * The kernels as a WebAssembly module without imports: src/nn/kernels/wasm.ts calls it.
 *
 * An instance of the module holds one network or one resampler, and its memory goes with it. So nothing is ever freed,
 * memory grows only while one is made, and a run allocates nothing.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "gather.h"
#include "resample.h"
#include "xnor.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define PAGE 65536

extern uint8_t __heap_base; /* of the linker: where the memory behind stack and constants begins */

static uintptr_t used;

void *aligned_alloc(size_t alignment, size_t bytes) {
  if (used == 0) used = (uintptr_t)&__heap_base;
  const uintptr_t start = (used + alignment - 1) & ~(uintptr_t)(alignment - 1);
  const uint64_t end = (uint64_t)start + bytes;
  const uint64_t there = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > there) {
    const uint64_t pages = (end - there + PAGE - 1) / PAGE;
    if (end > UINT32_MAX || __builtin_wasm_memory_grow(0, (size_t)pages) == SIZE_MAX) return NULL;
  }
  used = (uintptr_t)end;
  return (void *)start;
}

void free(void *memory) { (void)memory; }

/* The compiler, which makes calls of these three out of plain loops, must not do so in here. */
#define LIBRARY __attribute__((no_builtin))

LIBRARY void *memset(void *to, int value, size_t bytes) {
  uint8_t *out = to;
  for (size_t i = 0; i < bytes; i++) out[i] = (uint8_t)value;
  return to;
}

LIBRARY void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  uint8_t *out = to;
  const uint8_t *in = from;
  for (size_t i = 0; i < bytes; i++) out[i] = in[i];
  return to;
}

LIBRARY int strcmp(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) a++, b++;
  return (uint8_t)*a - (uint8_t)*b;
}

static struct xnor_network *network;
static struct xnor_resampler *resampler;
static const char *problem = "";

/* Where the caller puts what it hands over; NULL when memory is out. */
EXPORT(allocate) void *allocate(size_t bytes) { return xnor_allocate(bytes); }

/* Why something could not be made: one line, which ends with a zero. */
EXPORT(problem) const char *last_problem(void) { return problem; }

/* false: `problem` says why. */
EXPORT(createNetwork)
bool create_network(const void *program, size_t program_bytes, const void *tensors, size_t tensor_bytes) {
  network = xnor_network_create(program, program_bytes, tensors, tensor_bytes, xnor_variants()[0], &problem);
  return network != NULL;
}

EXPORT(inputBytes) size_t input_bytes(void) { return xnor_network_input_bytes(network); }
EXPORT(outputElements) size_t output_elements(void) { return xnor_network_output_elements(network); }
EXPORT(stages) int stages(void) { return xnor_network_stages(network); }
EXPORT(run) void run(const uint8_t *input, float *output) { xnor_network_run(network, input, output); }
EXPORT(hasThresholds) bool has_thresholds(int stage) { return xnor_network_stage_has_thresholds(network, stage); }
EXPORT(runStage) void run_stage(int stage, const uint8_t *input) { xnor_network_run_stage(network, stage, input); }

/* Lengths in words. false: `problem` says why. */
EXPORT(createResampler) bool create_resampler(const int32_t *x, size_t x_length, const int32_t *y, size_t y_length) {
  resampler = xnor_resampler_create(x, x_length, y, y_length, &problem);
  return resampler != NULL;
}

/* A whole plane to rows without a gap. */
EXPORT(resample) void resample(const uint8_t *source, size_t source_bytes, uint8_t *out, size_t out_bytes, int stride) {
  xnor_resample(resampler, source, source_bytes, 0, out, out_bytes, 0, stride);
}
