#include "instruction.h"

#include <string.h>

#include "instruction-fields.h"

static void write_register(struct instruction *i, uint32_t number, enum flow flow_to_pc, uint8_t flow_cycles) {
  if (number != PC) {
    i->writes |= BIT(number);
    return;
  }
  i->flow = flow_to_pc;
  i->flow_cycles = flow_cycles;
}

/* What the preload's address and the FPSCR need to be followed: simple arithmetic with an immediate, and moves. */
static void decode_arithmetic(struct instruction *i, uint32_t word) {
  const uint32_t opcode = FIELD(24, 21);
  i->arithmetic_from = (uint8_t)FIELD(19, 16);
  if (!FIELD(25, 25)) {
    i->arithmetic = opcode == 13 && FIELD(11, 4) == 0 ? ARITHMETIC_OR : ARITHMETIC_UNKNOWN;
    i->arithmetic_from = (uint8_t)FIELD(3, 0);
    return;
  }
  const uint32_t turn = FIELD(11, 8) * 2;
  i->constant = turn == 0 ? FIELD(7, 0) : FIELD(7, 0) >> turn | FIELD(7, 0) << (32 - turn);
  switch (opcode) {
    case 2:
      i->constant = 0 - i->constant;
      i->arithmetic = ARITHMETIC_ADD;
      return;
    case 4:
      i->arithmetic = ARITHMETIC_ADD;
      return;
    case 12:
      i->arithmetic = ARITHMETIC_OR;
      return;
    case 13:
      i->arithmetic = ARITHMETIC_MOVE;
      return;
    case 14:
      i->arithmetic = ARITHMETIC_CLEAR;
      return;
    default:
      return;
  }
}

/* 16.3: a shifted operand is an Early Reg; a shift by register takes a second cycle and makes Rn a Late Reg. */
static void decode_data_processing(struct instruction *i, uint32_t word) {
  const uint32_t opcode = FIELD(24, 21);
  const bool immediate = FIELD(25, 25);
  const bool compares = opcode >= 8 && opcode <= 11;
  const bool moves = opcode == 13 || opcode == 15;
  const uint64_t first = moves ? 0 : operand(FIELD(19, 16));
  i->sets_flags = FIELD(20, 20);
  if (!immediate && FIELD(4, 4)) {
    i->issue = 2;
    i->latency = 2;
    i->needs_early |= operand(FIELD(11, 8));
    i->needs |= operand(FIELD(3, 0));
    i->needs_late |= first;
  } else {
    i->needs |= first;
    if (!immediate && FIELD(11, 4) != 0) i->needs_early |= operand(FIELD(3, 0));
    if (!immediate && FIELD(11, 4) == 0) i->needs |= operand(FIELD(3, 0));
  }
  if (compares) return;
  const bool returns = opcode == 13 && !immediate && FIELD(11, 0) == LR;
  write_register(i, FIELD(15, 12), returns ? FLOW_RETURN : FLOW_INDIRECT, returns ? 7 : 5);
  decode_arithmetic(i, word);
}

static void multiply(struct instruction *i, uint8_t issue, uint8_t latency, uint32_t rm, uint32_t rs, uint32_t rd) {
  i->unit = UNIT_MULTIPLY;
  i->issue = issue;
  i->latency = latency;
  i->needs_early |= operand(rm) | operand(rs);
  i->writes |= operand(rd);
}

static void long_multiply(struct instruction *i, uint8_t issue, uint8_t latency, uint32_t word, bool accumulates) {
  multiply(i, issue, latency, FIELD(3, 0), FIELD(11, 8), FIELD(15, 12));
  i->writes |= operand(FIELD(19, 16));
  i->high_register = (uint8_t)FIELD(19, 16);
  i->latency_high = latency + 1;
  if (accumulates) i->needs_late |= operand(FIELD(15, 12)) | operand(FIELD(19, 16));
}

/* 16.7, the 32-bit multiplies; a flag-setting one issues three cycles longer. */
static void decode_multiply(struct instruction *i, uint32_t word) {
  const uint32_t kind = FIELD(23, 21);
  const uint8_t flags = FIELD(20, 20) ? 3 : 0;
  i->sets_flags = flags != 0;
  if (kind >= 4 || kind == 2) {
    long_multiply(i, 3 + flags, 4 + flags, word, kind != 4 && kind != 6);
    return;
  }
  multiply(i, 2 + flags, 4 + flags, FIELD(3, 0), FIELD(11, 8), FIELD(19, 16));
  if (kind == 1) i->accumulates |= operand(FIELD(15, 12));
}

/* 16.7, SMULxy, SMLAxy, SMULWy, SMLAWy, SMLALxy. */
static void decode_halfword_multiply(struct instruction *i, uint32_t word) {
  const uint32_t kind = FIELD(22, 21);
  if (kind == 2) {
    long_multiply(i, 2, 3, word, true);
    return;
  }
  multiply(i, 1, 3, FIELD(3, 0), FIELD(11, 8), FIELD(19, 16));
  const bool accumulates = kind == 0 || (kind == 1 && !FIELD(5, 5));
  if (accumulates) i->accumulates |= operand(FIELD(15, 12));
}

static void decode_address(struct instruction *i, uint32_t word, bool immediate, int32_t offset) {
  const bool before = FIELD(24, 24);
  const bool adds = FIELD(23, 23);
  const bool writes_back = !before || FIELD(21, 21);
  i->unit = UNIT_SINGLE;
  i->base = (uint8_t)FIELD(19, 16);
  i->offset = before ? (adds ? offset : -offset) : 0;
  i->offset_known = immediate || !before;
  i->base_step = adds ? offset : -offset;
  i->step_known = immediate;
  i->writes_back = writes_back;
}

/* Rt of a load (16.10: latency three) or of a store (a Late Reg). */
static void transfer(struct instruction *i, uint32_t word, bool load, uint8_t latency) {
  const uint32_t rt = FIELD(15, 12);
  i->load = load;
  i->store = !load;
  i->latency = latency;
  if (!load) {
    i->needs_late |= operand(rt);
    return;
  }
  const bool returns = FIELD(19, 16) == SP && !FIELD(24, 24);
  write_register(i, rt, returns ? FLOW_RETURN : FLOW_INDIRECT, returns ? 9 : 8);
}

/* 16.10: LDR, LDRB, STR, STRB. A shifted or subtracted register offset takes a second cycle. */
static void decode_word_or_byte(struct instruction *i, uint32_t word) {
  const bool immediate = !FIELD(25, 25);
  decode_address(i, word, immediate, (int32_t)FIELD(11, 0));
  bool two_cycles = false;
  if (!immediate) {
    const bool plain = FIELD(11, 4) == 0 || (FIELD(11, 7) == 2 && FIELD(6, 5) == 0);
    two_cycles = FIELD(24, 24) && !(plain && FIELD(23, 23));
    i->needs_early |= operand(FIELD(3, 0));
  }
  if (two_cycles) {
    i->issue = 2;
    i->needs |= operand(FIELD(19, 16));
  } else {
    i->needs_early |= operand(FIELD(19, 16));
  }
  transfer(i, word, FIELD(20, 20), two_cycles ? 4 : 3);
}

/* 16.10 and 16.11: LDRH, LDRSH, LDRSB, STRH, LDRD, STRD. */
static void decode_extra_transfer(struct instruction *i, uint32_t word) {
  const bool immediate = FIELD(22, 22);
  const uint32_t kind = FIELD(6, 5);
  decode_address(i, word, immediate, (int32_t)(FIELD(11, 8) << 4 | FIELD(3, 0)));
  const bool two_cycles = !immediate && FIELD(24, 24) && !FIELD(23, 23);
  if (!immediate) i->needs_early |= operand(FIELD(3, 0));
  if (two_cycles) {
    i->issue = 2;
    i->needs |= operand(FIELD(19, 16));
  } else {
    i->needs_early |= operand(FIELD(19, 16));
  }
  const bool is_double = !FIELD(20, 20) && kind >= 2;
  const bool load = FIELD(20, 20) || (is_double && kind == 2);
  transfer(i, word, load, two_cycles ? 4 : 3);
  if (!is_double) return;
  const uint32_t second = FIELD(15, 12) | 1;
  if (load) i->writes |= operand(second);
  if (!load) i->needs_late |= operand(second);
}

/* SWP, LDREX and STREX: as a load and a store. */
static void decode_exclusive(struct instruction *i, uint32_t word) {
  i->unit = UNIT_SINGLE;
  i->base = (uint8_t)FIELD(19, 16);
  i->needs_early |= operand(FIELD(19, 16));
  i->load = true;
  i->latency = 3;
  i->needs |= operand(FIELD(3, 0));
  i->writes |= operand(FIELD(15, 12));
}

/* 16.5: additions of bytes and half words take a cycle; saturating and halving ones have a latency of two. */
static void decode_media(struct instruction *i, uint32_t word) {
  const uint32_t kind = FIELD(24, 20);
  const uint32_t low = FIELD(7, 5);
  if (kind < 8) {
    const bool plain = kind == 1 || kind == 5;
    i->needs |= operand(FIELD(19, 16)) | operand(FIELD(3, 0));
    i->writes |= operand(FIELD(15, 12));
    i->latency = plain ? 1 : 2;
    return;
  }
  if (kind == 0x18) { /* 16.6: USAD8, USADA8 */
    multiply(i, 1, 3, FIELD(3, 0), FIELD(11, 8), FIELD(19, 16));
    if (FIELD(15, 12) != PC) i->accumulates |= operand(FIELD(15, 12));
    return;
  }
  if (kind == 0x14) { /* SMLALD, SMLSLD */
    long_multiply(i, 2, 3, word, true);
    return;
  }
  if (kind == 0x10 || kind == 0x15) { /* SMLAD, SMUAD, SMLSD, SMUSD; SMMUL, SMMLA, SMMLS */
    const bool most_significant = kind == 0x15;
    multiply(i, most_significant ? 2 : 1, most_significant ? 4 : 3, FIELD(3, 0), FIELD(11, 8), FIELD(19, 16));
    if (FIELD(15, 12) != PC) i->accumulates |= operand(FIELD(15, 12));
    return;
  }
  const bool selects = kind == 8 && low == 5;
  const bool extends = low == 3;
  const bool packs = kind == 8 && !(low & 1);
  const bool saturates = !extends && !packs && !selects && (low == 1 ? kind == 10 || kind == 14 : !(low & 1));
  i->writes |= operand(FIELD(15, 12));
  if (selects) i->needs |= operand(FIELD(19, 16)) | operand(FIELD(3, 0));
  if (selects) return;
  i->needs_early |= operand(FIELD(3, 0));
  if (extends || packs) i->needs |= operand(FIELD(19, 16));
  if (saturates) i->latency = 2;
}

/* 16.12: one issue cycle; the data cycles and each register's latency depend on the address. */
static void decode_multiple(struct instruction *i, uint32_t word) {
  const uint32_t list = FIELD(15, 0);
  const int32_t bytes = 4 * __builtin_popcount(list);
  const bool adds = FIELD(23, 23);
  i->unit = UNIT_MULTIPLE;
  i->base = (uint8_t)FIELD(19, 16);
  i->needs_early |= operand(FIELD(19, 16));
  i->needs |= list & 0x7fff;
  i->load = FIELD(20, 20);
  i->store = !i->load;
  i->writes_back = FIELD(21, 21);
  i->offset = adds ? (FIELD(24, 24) ? 4 : 0) : (FIELD(24, 24) ? -bytes : 4 - bytes);
  i->offset_known = true;
  i->base_step = adds ? bytes : -bytes;
  i->step_known = true;
  if (!i->load) return;
  i->writes |= list & 0x7fff;
  if (list >> PC & 1) {
    i->flow = FIELD(19, 16) == SP ? FLOW_RETURN : FLOW_INDIRECT;
    i->flow_cycles = FIELD(19, 16) == SP ? 9 : 8;
  }
}

/* Opcodes whose bits 27 to 25 are zero and that are no data processing. False: it is. */
static bool decode_miscellaneous(struct instruction *i, uint32_t word) {
  if ((word & 0x0ffffff0) == 0x012fff10 || (word & 0x0ffffff0) == 0x012fff30) {
    const bool calls = FIELD(5, 5);
    i->needs |= operand(FIELD(3, 0));
    i->flow = calls ? FLOW_INDIRECT_CALL : FIELD(3, 0) == LR ? FLOW_RETURN : FLOW_INDIRECT;
    i->flow_cycles = i->flow == FLOW_RETURN ? 7 : 5;
    if (calls) i->writes |= BIT(LR);
    return true;
  }
  if ((word & 0x90) == 0x90) {
    if (FIELD(6, 5) != 0) {
      decode_extra_transfer(i, word);
    } else if (FIELD(24, 24)) {
      decode_exclusive(i, word);
    } else {
      decode_multiply(i, word);
    }
    return true;
  }
  if (FIELD(24, 23) != 2 || FIELD(20, 20)) return false;
  if (FIELD(7, 7)) {
    decode_halfword_multiply(i, word);
    return true;
  }
  const uint32_t kind = FIELD(7, 4);
  if (kind == 1 && FIELD(22, 21) == 3) { /* CLZ */
    i->needs |= operand(FIELD(3, 0));
    i->writes |= operand(FIELD(15, 12));
  } else if (kind == 5) { /* 16.4: QADD, QSUB; the doubling ones take another cycle */
    const bool doubles = FIELD(22, 22);
    i->issue = doubles ? 2 : 1;
    i->latency = doubles ? 3 : 2;
    i->needs |= operand(FIELD(3, 0)) | operand(FIELD(19, 16));
    i->writes |= operand(FIELD(15, 12));
  } else if (!FIELD(21, 21)) { /* MRS */
    i->writes |= operand(FIELD(15, 12));
  } else { /* MSR */
    i->needs |= operand(FIELD(3, 0));
    i->sets_flags = true;
  }
  return true;
}

static void decode_unconditional(struct instruction *i, uint32_t word) {
  if ((word & 0x0d70f000) == 0x0550f000) { /* PLD */
    i->unit = UNIT_PRELOAD;
    i->base = (uint8_t)FIELD(19, 16);
    i->needs_early |= operand(FIELD(19, 16));
    i->offset_known = !FIELD(25, 25);
    i->offset = FIELD(23, 23) ? (int32_t)FIELD(11, 0) : -(int32_t)FIELD(11, 0);
    if (FIELD(25, 25)) i->needs_early |= operand(FIELD(3, 0));
    return;
  }
  if (FIELD(27, 25) == 5) { /* BLX immediate */
    i->flow = FLOW_CALL;
    i->writes |= BIT(LR);
  }
}

static void begin(struct instruction *i, uint32_t address, uint32_t word) {
  memset(i, 0, sizeof *i);
  i->address = address;
  i->word = word;
  i->issue = 1;
  i->latency = 1;
  i->high_register = PC;
  i->base = PC;
}

void decode_arm(struct instruction *i, uint32_t address, uint32_t word) {
  begin(i, address, word);
  const uint32_t condition = FIELD(31, 28);
  if (condition == 15) {
    decode_unconditional(i, word);
    return;
  }
  i->conditional = condition != 14;
  switch (FIELD(27, 25)) {
    case 0:
      if (!decode_miscellaneous(i, word)) decode_data_processing(i, word);
      return;
    case 1:
      if (FIELD(24, 23) == 2 && !FIELD(20, 20)) return; /* MSR immediate, NOP */
      decode_data_processing(i, word);
      return;
    case 2:
      decode_word_or_byte(i, word);
      return;
    case 3:
      if (FIELD(4, 4)) {
        decode_media(i, word);
      } else {
        decode_word_or_byte(i, word);
      }
      return;
    case 4:
      decode_multiple(i, word);
      return;
    case 5:
      i->flow = FIELD(24, 24) ? FLOW_CALL : FLOW_BRANCH;
      if (FIELD(24, 24)) i->writes |= BIT(LR);
      return;
    default:
      if (FIELD(27, 24) != 15) decode_coprocessor(i, word); /* 15: a system call */
      return;
  }
}

void decode_thumb(struct instruction *i, uint32_t address, uint32_t word) {
  begin(i, address, word);
  i->thumb = true;
}
