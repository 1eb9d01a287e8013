/*
 * What the pipeline model must know of an ARM instruction: the registers that it needs and when, those that it writes,
 * its issue cycles and result latency, as the chapter "Cycle Timings and Interlock Behavior" of the ARM1176JZF-S
 * Technical Reference Manual (ARM DDI 0301H) tabulates them. docs/arm1176.md lists the tables.
 */
#ifndef XNORCAM_INSTRUCTION_H
#define XNORCAM_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

/* Registers as bits of a mask: r0 to r15, then s0 to s31 of the VFP (a double is a pair), then its status flags. */
#define REGISTERS 49
#define VFP_REGISTER 16
#define VFP_FLAGS 48
#define PC 15
#define LR 14
#define SP 13

enum unit {
  UNIT_ALU,       /* data processing, media, everything that is only issue and latency */
  UNIT_MULTIPLY,  /* the multiplier: results reach an accumulate operand a cycle early */
  UNIT_SINGLE,    /* one load or store of a byte to a double word */
  UNIT_MULTIPLE,  /* LDM, STM, and the VFP's */
  UNIT_PRELOAD,   /* PLD */
  UNIT_TRANSFER,  /* between the core's registers and the VFP's */
  UNIT_VFP,       /* pipelined VFP arithmetic */
  UNIT_VFP_DIVIDE /* divide and square root, which hold their unit */
};

/* What an instruction does to a register whose value is known; see pipeline.h, `value`. */
enum arithmetic { ARITHMETIC_UNKNOWN, ARITHMETIC_MOVE, ARITHMETIC_ADD, ARITHMETIC_OR, ARITHMETIC_CLEAR, ARITHMETIC_STATUS };

enum flow {
  FLOW_NONE,
  FLOW_BRANCH,   /* B: predicted, folded when the prediction is dynamic */
  FLOW_CALL,     /* BL, BLX immediate: predicted, pushes the return stack */
  FLOW_RETURN,   /* BX lr, MOV pc, lr; POP and LDR from the stack: popped from the return stack */
  FLOW_INDIRECT, /* any other write of the PC: not predicted */
  FLOW_INDIRECT_CALL
};

struct instruction {
  uint32_t address;
  uint32_t word;
  uint64_t needs;      /* at the usual stage */
  uint64_t needs_early; /* a cycle sooner */
  uint64_t needs_late;  /* a cycle later */
  uint64_t accumulates; /* operand of a multiply's addition, which the multiplier forwards */
  uint64_t writes;
  uint8_t issue;        /* cycles in which nothing else issues */
  uint8_t latency;      /* from issue to the result */
  uint8_t latency_high; /* of the second result of a long multiply */
  uint8_t high_register;
  uint8_t unit;
  uint8_t flow;
  uint8_t flow_cycles; /* of an indirect transfer, or of a mispredicted return */
  uint8_t base;        /* address register of a load, store or preload */
  int32_t offset;      /* what is added to the base for the first address, if it is an immediate */
  int32_t base_step;   /* what writeback adds to the base, if it is an immediate */
  bool offset_known;
  bool step_known;
  bool writes_back;
  bool load;
  bool store;
  bool conditional;
  bool sets_flags;
  bool thumb;
  bool vfp_double;
  bool vfp_vector;    /* a vector if the FPSCR says so: then these are the first registers, of doubles or of singles */
  bool vfp_unary;     /* without vfp_n */
  bool vfp_reads_to;  /* accumulates */
  uint8_t vfp_to, vfp_n, vfp_m;
  bool serializes;    /* FMXR, FMRX: waits for all that the VFP has begun */
  bool writes_status; /* FMXR FPSCR, from status_from */
  uint8_t status_from;
  uint8_t arithmetic; /* result = arithmetic_from (arithmetic) constant, of a data processing instruction */
  uint8_t arithmetic_from;
  uint32_t constant;
  uint64_t executed; /* for the profile */
  uint64_t cycles;
};

/* Decodes `word`, an instruction in ARM state at `address`. */
void decode_arm(struct instruction *instruction, uint32_t address, uint32_t word);

/* An instruction in Thumb state: counted, and timed as one cycle without interlocks. */
void decode_thumb(struct instruction *instruction, uint32_t address, uint32_t word);

#endif
