/*
 * Runs a network stage by stage, each as a section of its own, and prints a hash of its outputs. Reads one file that
 * scripts/bench/low-bit.mjs writes: the lengths of program, tensors and input, then these, each at a multiple of 64 bytes.
 */
#include "freestanding.h"
#include "xnor.h"

#define ALIGNMENT 64

int main(int argc, char **argv) {
  size_t bytes;
  const uint8_t *file = argc == 2 ? bench_read_file(argv[1], &bytes) : NULL;
  if (file == NULL) {
    bench_print("usage: stages FILE\n");
    return 1;
  }
  const uint32_t *lengths = (const uint32_t *)file;
  const uint8_t *part[3];
  size_t at = ALIGNMENT;
  for (int i = 0; i < 3; i++) {
    part[i] = file + at;
    at += (lengths[i] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
  const char *problem = "";
  struct xnor_network *network = xnor_network_create(part[0], lengths[0], part[1], lengths[1], "arm1176", &problem);
  static float output[1024 * 1024];
  if (network == NULL || xnor_network_output_elements(network) > sizeof output / sizeof output[0]) {
    bench_print(network == NULL ? problem : "the network is too large for this program");
    return 1;
  }
  for (int i = 0; i < xnor_network_stages(network); i++) {
    bench_section((uint32_t)i + 1);
    xnor_network_run_stage(network, i, part[2]);
    bench_section(0);
  }
  xnor_network_read(network, output);
  const uint8_t *byte = (const uint8_t *)output;
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (size_t i = 0; i < xnor_network_output_elements(network) * sizeof *output; i++) hash = (hash ^ byte[i]) * 16777619u;
  bench_print_number(hash);
  bench_print("\n");
  return 0;
}
