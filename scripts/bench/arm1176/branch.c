#include "branch.h"

/* A misprediction takes 5 to 7 cycles: less the longer ago the flags were set. */
static uint32_t misprediction(uint32_t flag_distance) { return flag_distance >= 2 ? 5 : 7 - flag_distance; }

static bool is_taken(const struct instruction *i, uint32_t next) { return !i->conditional || next != i->address + 4; }

static void push_return(struct predictor *p, uint32_t address) {
  if (p->depth == RETURN_STACK_ENTRIES) {
    for (uint32_t n = 1; n < RETURN_STACK_ENTRIES; n++) p->returns[n - 1] = p->returns[n];
    p->depth--;
  }
  p->returns[p->depth++] = address;
}

static struct branch_cost take_return(struct predictor *p, const struct instruction *i, uint32_t next,
                                      uint32_t flag_distance) {
  if (!is_taken(i, next)) return (struct branch_cost){1, false};
  if (i->conditional) {
    return (struct branch_cost){i->load ? i->flow_cycles : misprediction(flag_distance), true};
  }
  if (p->depth == 0) return (struct branch_cost){i->load ? i->flow_cycles : 5, true};
  const bool correct = p->returns[--p->depth] == next;
  return (struct branch_cost){correct ? 4 : i->flow_cycles, !correct};
}

static struct branch_cost take_predicted(struct predictor *p, const struct instruction *i, uint32_t next,
                                         uint32_t flag_distance, bool after_branch) {
  const uint32_t slot = i->address / 4 % BTAC_ENTRIES;
  const bool taken = is_taken(i, next);
  if (p->branch[slot] == i->address + 1) {
    const bool predicted = p->history[slot] >= 2;
    if (taken && p->history[slot] < 3) p->history[slot]++;
    if (!taken && p->history[slot] > 0) p->history[slot]--;
    if (predicted != taken) return (struct branch_cost){misprediction(flag_distance), true};
    const bool folded = i->flow == FLOW_BRANCH && !after_branch;
    return (struct branch_cost){folded ? 0 : 1, false};
  }
  p->branch[slot] = i->address + 1;
  p->history[slot] = taken ? 2 : 1;
  const bool backward = i->word >> 23 & 1; /* sign of the offset */
  const bool predicted = !i->conditional || backward;
  if (predicted != taken) return (struct branch_cost){misprediction(flag_distance), true};
  return (struct branch_cost){taken ? 4 : 1, false};
}

struct branch_cost branch_take(struct predictor *p, const struct instruction *i, uint32_t next, uint32_t flag_distance,
                               bool after_branch) {
  const bool taken = is_taken(i, next);
  if (i->flow == FLOW_RETURN) return take_return(p, i, next, flag_distance);
  if (i->flow == FLOW_INDIRECT || i->flow == FLOW_INDIRECT_CALL) {
    if (i->flow == FLOW_INDIRECT_CALL && taken) push_return(p, i->address + 4);
    if (!taken) return (struct branch_cost){1, false};
    if (i->conditional && !i->load) return (struct branch_cost){misprediction(flag_distance), true};
    return (struct branch_cost){i->flow_cycles, true};
  }
  if (i->flow == FLOW_CALL && taken) push_return(p, i->address + 4);
  return take_predicted(p, i, next, flag_distance, after_branch);
}
