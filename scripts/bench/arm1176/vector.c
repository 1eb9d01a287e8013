#include "vector.h"

/* Register n of `bank_size` registers further by `step`, within its bank. */
static uint32_t in_bank(uint32_t n, uint32_t step, uint32_t bank_size) {
  return n / bank_size * bank_size + (n + step) % bank_size;
}

static uint64_t register_mask(uint32_t n, bool is_double) {
  return is_double ? 3ull << (VFP_REGISTER + 2 * n) : 1ull << (VFP_REGISTER + n);
}

struct vector vector_of(const struct instruction *i, uint32_t status) {
  const uint32_t length = (status >> 16 & 7) + 1;
  const uint32_t stride = (status >> 20 & 3) == 3 ? 2 : 1;
  const uint32_t bank_size = i->vfp_double ? 4 : 8;
  struct vector vector = {.iterations = 1, .needs = {i->needs}, .writes = {i->writes}};
  /* A result in the first bank is a scalar. */
  if (!i->vfp_vector || length == 1 || i->vfp_to < bank_size) return vector;
  vector.iterations = length;
  for (uint32_t k = 0; k < length; k++) {
    const uint32_t step = k * stride;
    const uint32_t m = i->vfp_m < bank_size ? i->vfp_m : in_bank(i->vfp_m, step, bank_size);
    vector.writes[k] = register_mask(in_bank(i->vfp_to, step, bank_size), i->vfp_double);
    vector.needs[k] = register_mask(m, i->vfp_double);
    if (!i->vfp_unary) vector.needs[k] |= register_mask(in_bank(i->vfp_n, step, bank_size), i->vfp_double);
    if (i->vfp_reads_to) vector.needs[k] |= vector.writes[k];
  }
  return vector;
}
