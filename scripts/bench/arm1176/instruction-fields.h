/* How the decoder names the fields of an instruction `word`. */
#ifndef XNORCAM_INSTRUCTION_FIELDS_H
#define XNORCAM_INSTRUCTION_FIELDS_H

#include "instruction.h"

#define BIT(n) (1ull << (n))
#define FIELD(high, low) (word >> (low) & ((2u << ((high) - (low))) - 1u))

/* A general register in an operand field; the PC is always there. */
static inline uint64_t operand(uint32_t number) { return number == PC ? 0 : BIT(number); }

/* Opcodes of a coprocessor: those of the VFP; of others only what they write to the core. */
void decode_coprocessor(struct instruction *instruction, uint32_t word);

#endif
