/*
 * A cycle estimate of the ARM1176JZF-S at 1 GHz in a BCM2835: one instruction a cycle, in order, with a scoreboard of
 * when each register can be read, one load/store unit with a 64-bit path, the first-level caches, and a memory behind
 * them at a stated cost. docs/arm1176.md says what each rule is taken from and what is left out.
 */
#ifndef XNORCAM_PIPELINE_H
#define XNORCAM_PIPELINE_H

#include <stdint.h>

#include "branch.h"
#include "cache.h"
#include "instruction.h"

/* Of the memory behind the caches, in core cycles. */
struct memory_costs {
  uint32_t fill;      /* from a miss to the word that was asked for */
  uint32_t fill_bus;  /* for which a line fill keeps the memory from others */
  uint32_t write_bus; /* the same for a line's worth of writes, a write-back or merged stores */
  uint32_t walk;      /* of the page tables, after a miss of the main TLB */
};

/* What one section (a layer) executed. */
struct section {
  uint64_t instructions;
  uint64_t thumb;
  uint64_t loads;
  uint64_t load_words;
  uint64_t stores;
  uint64_t store_words;
  uint64_t multiplies;
  uint64_t branches;
  uint64_t mispredictions;
  uint64_t data_misses;
  uint64_t instruction_misses;
  uint64_t tlb_misses;
  uint64_t preloads;
  uint64_t preloads_unknown;
  uint64_t cycles;
  /* Of those cycles, the ones lost: */
  uint64_t interlock_cycles;
  uint64_t unit_cycles;
  uint64_t memory_cycles;
  uint64_t branch_cycles;
};

struct access {
  uint32_t address;
  uint32_t bytes;
  bool store;
};

#define OUTSTANDING_MISSES 2
#define WRITE_BUFFER_LINES 4

struct pipeline {
  struct memory_costs costs;
  struct section *section;
  bool profiles; /* whether instructions keep their cycles: not outside of all sections */
  uint64_t now; /* the first cycle at which the next instruction can issue */
  uint64_t ready[REGISTERS]; /* of a VFP register: for the VFP's arithmetic; a cycle later for others (21.4) */
  uint64_t address_ready[16]; /* of a base that the load or store before wrote back */
  uint64_t accumulator_ready[16];
  uint64_t locked[REGISTERS]; /* by a store multiple, or a vector, that has not read it yet */
  uint64_t load_store_free;
  uint64_t vfp_free; /* the VFP's arithmetic pipeline, for the next instruction */
  uint64_t divider_free;
  uint64_t vfp_done; /* when all that the VFP has begun is written */
  uint32_t status; /* FPSCR as far as it is known: length and stride of vectors */
  uint64_t bus_free;
  uint64_t fills[OUTSTANDING_MISSES];
  uint64_t flags_set;
  uint32_t fetched_line;
  uint32_t merging_line; /* of the write buffer's last entry, + 1 */
  bool after_branch;
  uint32_t value[16]; /* of registers that an access gave away: what a preload's address and the FPSCR come from */
  uint32_t known;
  struct cache instructions;
  struct cache data;
  struct tlb tlb;
  struct predictor predictor;
};

/* Accounts for one executed instruction, its `count` accesses to memory and the address that execution went on at. */
void pipeline_execute(struct pipeline *pipeline, struct instruction *instruction, const struct access *accesses,
                      uint32_t count, uint32_t next);

#endif
