/* The VFP11's instructions (ARM DDI 0301H, chapter 21). */
#include "instruction-fields.h"

static uint64_t vfp_single(uint32_t number) { return BIT(VFP_REGISTER + number); }

static uint64_t vfp_operand(uint32_t field, uint32_t extra, bool is_double) {
  if (is_double) return vfp_single(field * 2) | vfp_single(field * 2 + 1);
  return vfp_single(field * 2 + extra);
}

/* 21.11, transfers between the VFP and memory. */
static void decode_vfp_memory(struct instruction *i, uint32_t word) {
  i->vfp_double = FIELD(8, 8);
  i->base = (uint8_t)FIELD(19, 16);
  i->needs_early |= operand(FIELD(19, 16));
  i->load = FIELD(20, 20);
  i->store = !i->load;
  i->latency = 4;
  const bool single = FIELD(24, 24) && !FIELD(21, 21);
  const uint32_t words = single ? (i->vfp_double ? 2 : 1) : FIELD(7, 0);
  const uint32_t first = i->vfp_double ? FIELD(15, 12) * 2 : FIELD(15, 12) * 2 + FIELD(22, 22);
  uint64_t registers = 0;
  for (uint32_t n = 0; n < words && first + n < 32; n++) registers |= vfp_single(first + n);
  if (i->load) i->writes |= registers;
  if (i->store) i->needs |= registers;
  i->unit = single ? UNIT_SINGLE : UNIT_MULTIPLE;
  const int32_t offset = (int32_t)FIELD(7, 0) * 4;
  i->offset = !FIELD(24, 24) ? 0 : FIELD(23, 23) ? offset : -offset;
  i->offset_known = true;
  i->base_step = FIELD(23, 23) ? offset : -offset;
  i->step_known = true;
  i->writes_back = !single && FIELD(21, 21);
}

static void decode_vfp_arithmetic(struct instruction *i, uint32_t word) {
  const bool is_double = FIELD(8, 8);
  const uint32_t kind = FIELD(23, 23) << 3 | FIELD(21, 20) << 1 | FIELD(6, 6);
  uint64_t to = vfp_operand(FIELD(15, 12), FIELD(22, 22), is_double);
  uint64_t m = vfp_operand(FIELD(3, 0), FIELD(5, 5), is_double);
  const uint64_t n = vfp_operand(FIELD(19, 16), FIELD(7, 7), is_double);
  i->unit = UNIT_VFP;
  i->vfp_double = is_double;
  i->vfp_vector = kind != 15;
  i->vfp_reads_to = kind < 4;
  i->vfp_to = (uint8_t)(is_double ? FIELD(15, 12) : FIELD(15, 12) * 2 + FIELD(22, 22));
  i->vfp_n = (uint8_t)(is_double ? FIELD(19, 16) : FIELD(19, 16) * 2 + FIELD(7, 7));
  i->vfp_m = (uint8_t)(is_double ? FIELD(3, 0) : FIELD(3, 0) * 2 + FIELD(5, 5));
  i->latency = 8;
  if (kind == 15) {
    const uint32_t extended = FIELD(19, 16) << 1 | FIELD(7, 7);
    i->latency = extended < 3 || extended == 15 || (extended >= 8 && extended < 12) ? 4 : 8;
    if (extended == 3) { /* square root */
      i->unit = UNIT_VFP_DIVIDE;
      i->latency = is_double ? 33 : 19;
    }
    /* Conversions: one side is a single register, whatever the coprocessor number says. */
    if (extended == 15) to = vfp_operand(FIELD(15, 12), FIELD(22, 22), !is_double);
    if (extended == 16 || extended == 17) m = vfp_single(FIELD(3, 0) * 2 + FIELD(5, 5));
    if (extended >= 24) to = vfp_single(FIELD(15, 12) * 2 + FIELD(22, 22));
    const bool compares = extended >= 8 && extended < 12;
    i->vfp_vector = extended < 4;
    i->vfp_unary = true;
    i->needs |= compares ? to | (extended < 10 ? m : 0) : m;
    i->writes |= compares ? BIT(VFP_FLAGS) : to;
    return;
  }
  i->needs |= m | n;
  i->writes |= to;
  if (kind < 4) i->needs |= to;
  if (kind < 6 && is_double) {
    i->latency = 9;
  }
  if (kind == 8) {
    i->unit = UNIT_VFP_DIVIDE;
    i->latency = is_double ? 33 : 19;
  }
}

/* 21.11: moves between the core's registers and the VFP's. */
static void decode_vfp_move(struct instruction *i, uint32_t word) {
  const bool to_core = FIELD(20, 20);
  i->unit = UNIT_TRANSFER;
  i->latency = to_core ? 2 : 4;
  if (FIELD(27, 24) == 0xc) { /* two registers */
    const bool is_double = FIELD(8, 8);
    const uint64_t core = operand(FIELD(15, 12)) | operand(FIELD(19, 16));
    const uint64_t singles = 3ull << (VFP_REGISTER + FIELD(3, 0) * 2 + FIELD(5, 5));
    const uint64_t vfp = is_double ? vfp_operand(FIELD(3, 0), 0, true) : singles;
    i->needs |= to_core ? vfp : core;
    i->writes |= to_core ? core : vfp;
    return;
  }
  if (FIELD(23, 21) == 7) { /* system registers */
    const bool status = FIELD(19, 16) == 1;
    i->needs |= to_core ? BIT(VFP_FLAGS) : operand(FIELD(15, 12));
    i->sets_flags = to_core && FIELD(15, 12) == PC;
    if (to_core) i->writes |= operand(FIELD(15, 12));
    i->serializes = !i->sets_flags;
    if (to_core && status) i->arithmetic = ARITHMETIC_STATUS;
    i->writes_status = !to_core && status;
    i->status_from = (uint8_t)FIELD(15, 12);
    return;
  }
  const uint32_t extra = FIELD(8, 8) ? FIELD(21, 21) : FIELD(7, 7);
  const uint64_t vfp = vfp_single(FIELD(19, 16) * 2 + extra);
  i->needs |= to_core ? vfp : operand(FIELD(15, 12));
  i->writes |= to_core ? operand(FIELD(15, 12)) : vfp;
}

void decode_coprocessor(struct instruction *i, uint32_t word) {
  const bool vfp = FIELD(11, 9) == 5;
  if (!vfp) {
    if (FIELD(27, 24) == 0xe && FIELD(4, 4) && FIELD(20, 20)) i->writes |= operand(FIELD(15, 12));
    return;
  }
  const bool pair = FIELD(27, 21) == 0x62;
  if (FIELD(27, 25) == 6 && !pair) {
    decode_vfp_memory(i, word);
  } else if (pair || FIELD(4, 4)) {
    decode_vfp_move(i, word);
  } else {
    decode_vfp_arithmetic(i, word);
  }
}
