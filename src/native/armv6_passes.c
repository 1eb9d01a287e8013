#include "armv6_passes.h"

#include "gather.h"

#define LANE_LIMIT 255

#define DECLARE(L, G)                                       \
  xnor_accumulate xnor_lut_##L##_##G, xnor_lut_step_##L##_##G; \
  xnor_accumulate xnor_lut_first_##L##_##G, xnor_lut_step_first_##L##_##G;
DECLARE(2, 4) DECLARE(4, 4) DECLARE(2, 5) DECLARE(4, 5) DECLARE(2, 6)
xnor_build_table xnor_table_4, xnor_table_5, xnor_table_6;

#define KIND(L, G)                                                                                   \
  {L, G, {xnor_lut_##L##_##G, xnor_lut_step_##L##_##G}, {xnor_lut_first_##L##_##G, xnor_lut_step_first_##L##_##G}, \
   xnor_table_##G}
static const struct xnor_kind kinds[] = {
    KIND(2, 4), KIND(4, 4), KIND(2, 5), KIND(4, 5), KIND(2, 6),
};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* Cycles of a pass over a kernel row, as docs/arm1176.md counts them: tables, then look-ups. */
static int32_t cost_of(const struct xnor_kind *kind, int pixels) {
  return 3 * kind->lookups * ((8 << kind->bits) + 60) + pixels * (20 * kind->lookups + 22);
}

static int served_by(const struct xnor_kind *kind, int channels) {
  return xnor_smaller(kind->lookups * kind->bits, channels);
}

int xnor_choose_passes(int channels, int pixels, struct xnor_pass *passes) {
  /* least[c]: the least cost of c channels; last[c]: the kind of the pass that reaches it. */
  int32_t *least = xnor_allocate(((size_t)channels + 1) * (sizeof *least + 1));
  if (least == NULL) return 0;
  uint8_t *last = (uint8_t *)(least + channels + 1);
  for (int c = 1; c <= channels; c++) {
    least[c] = INT32_MAX;
    for (int i = 0; i < KINDS; i++) {
      const int32_t with = cost_of(&kinds[i], pixels) + least[c - served_by(&kinds[i], c)];
      if (with >= least[c]) continue;
      least[c] = with;
      last[c] = (uint8_t)i;
    }
  }
  int count = 0;
  for (int c = channels; c > 0; count++) {
    const struct xnor_kind *kind = &kinds[last[c]];
    const int served = served_by(kind, c);
    c -= served;
    if (passes != NULL) passes[count] = (struct xnor_pass){kind, c, served};
  }
  xnor_release(least);
  return count;
}

int xnor_bits_of(const struct xnor_pass *pass, int lookup) {
  const int rest = pass->channels - lookup * pass->kind->bits;
  return rest < 0 ? 0 : xnor_smaller(rest, pass->kind->bits);
}

bool xnor_next_buffer(const struct xnor_pass *pass, int *filled) {
  const int matches = XNOR_KERNEL * pass->kind->lookups * pass->kind->bits;
  const bool overflows = *filled + matches > LANE_LIMIT;
  *filled = overflows ? matches : *filled + matches;
  return overflows;
}

int xnor_buffers_for(const struct xnor_pass *passes, int count) {
  int buffers = 1, filled = 0;
  for (int i = 0; i < count; i++) {
    for (int row = 0; row < XNOR_KERNEL; row++) buffers += xnor_next_buffer(&passes[i], &filled);
  }
  return buffers;
}
