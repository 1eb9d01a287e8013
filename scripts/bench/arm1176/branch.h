/* Branch prediction of the ARM1176 (ARM DDI 0301H, chapter 5) and what a branch costs (16.8). */
#ifndef XNORCAM_BRANCH_H
#define XNORCAM_BRANCH_H

#include <stdbool.h>
#include <stdint.h>

#include "instruction.h"

#define BTAC_ENTRIES 128
#define RETURN_STACK_ENTRIES 3

struct predictor {
  uint32_t branch[BTAC_ENTRIES]; /* address of the branch + 1 */
  uint8_t history[BTAC_ENTRIES]; /* 0 and 1: predict not taken; 2 and 3: taken */
  uint32_t returns[RETURN_STACK_ENTRIES];
  uint32_t depth;
};

struct branch_cost {
  uint32_t cycles;
  bool mispredicted;
};

/*
 * The cycles of `instruction`, which changes the PC or could, when execution went on at `next`.
 * `flag_distance`: cycles since the flags were last set. `after_branch`: the instruction before it was a branch.
 */
struct branch_cost branch_take(struct predictor *predictor, const struct instruction *instruction, uint32_t next,
                               uint32_t flag_distance, bool after_branch);

#endif
