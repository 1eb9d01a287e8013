#include "pipeline.h"

#include "vector.h"

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Puts off `at` to `until`, and says in `lost` for how long. */
static uint64_t wait_for(uint64_t at, uint64_t until, uint64_t *lost) {
  if (until <= at) return at;
  *lost += until - at;
  return until;
}

/* A line from memory, asked for at `at`: when it is there. Two misses may be on their way; a third one waits. */
static uint64_t fill_line(struct pipeline *p, struct cache *cache, uint32_t address, uint64_t *at) {
  int slot = 0;
  for (int n = 1; n < OUTSTANDING_MISSES; n++) {
    if (p->fills[n] < p->fills[slot]) slot = n;
  }
  *at = wait_for(*at, p->fills[slot], &p->section->memory_cycles);
  struct cache_line line;
  const bool writes_back = cache_allocate(cache, address, &line);
  const uint64_t start = later(*at, p->bus_free);
  p->bus_free = start + p->costs.fill_bus + (writes_back ? p->costs.write_bus : 0);
  p->fills[slot] = *line.arrives = start + p->costs.fill;
  return *line.arrives;
}

static uint64_t translate(struct pipeline *p, uint32_t address, uint64_t at) {
  if (tlb_find(&p->tlb, address)) return at;
  p->section->tlb_misses++;
  p->section->memory_cycles += p->costs.walk;
  return at + p->costs.walk;
}

static void fetch(struct pipeline *p, uint32_t address) {
  const uint32_t number = address / CACHE_LINE_BYTES + 1;
  if (number == p->fetched_line) return;
  p->fetched_line = number;
  p->now = translate(p, address, p->now);
  struct cache_line line;
  uint64_t arrives;
  if (cache_find(&p->instructions, address, &line)) {
    arrives = *line.arrives;
  } else {
    p->section->instruction_misses++;
    arrives = fill_line(p, &p->instructions, address, &p->now);
  }
  p->now = wait_for(p->now, arrives, &p->section->memory_cycles);
}

/* A read at `at`: when its line is there. */
static uint64_t read_line(struct pipeline *p, uint32_t address, uint64_t *at) {
  struct cache_line line;
  if (cache_find(&p->data, address, &line)) return *line.arrives;
  p->section->data_misses++;
  return fill_line(p, &p->data, address, at);
}

/* A write: into the cache if its line is there, else into the write buffer, where stores to one line become one. */
static void write_line(struct pipeline *p, uint32_t address, uint64_t *at) {
  struct cache_line line;
  if (cache_find(&p->data, address, &line)) {
    *line.dirty = true;
    return;
  }
  const uint32_t number = address / CACHE_LINE_BYTES + 1;
  if (number == p->merging_line) return;
  p->merging_line = number;
  p->section->data_misses++;
  p->bus_free = later(*at, p->bus_free) + p->costs.write_bus;
  const uint64_t backlog = (uint64_t)WRITE_BUFFER_LINES * p->costs.write_bus;
  if (p->bus_free > backlog) *at = wait_for(*at, p->bus_free - backlog, &p->section->memory_cycles);
}

/* The first cycle from `at` on at which the operands of `i` can be read and its results written. */
static uint64_t operands_ready(struct pipeline *p, const struct instruction *i, uint64_t at) {
  const bool addresses = i->unit == UNIT_SINGLE || i->unit == UNIT_MULTIPLE || i->unit == UNIT_PRELOAD;
  for (uint64_t set = i->needs; set != 0; set &= set - 1) {
    const int r = __builtin_ctzll(set);
    const bool forwarded = r < VFP_REGISTER || i->unit == UNIT_VFP || i->unit == UNIT_VFP_DIVIDE;
    at = later(at, p->ready[r] + (forwarded || p->ready[r] == 0 ? 0 : 1));
  }
  for (uint64_t set = i->needs_early; set != 0; set &= set - 1) {
    const int r = __builtin_ctzll(set);
    const uint64_t ready = addresses && r == i->base ? p->address_ready[r] : p->ready[r];
    at = later(at, ready + 1);
  }
  for (uint64_t set = i->needs_late; set != 0; set &= set - 1) {
    const uint64_t ready = p->ready[__builtin_ctzll(set)];
    at = later(at, ready > 0 ? ready - 1 : 0);
  }
  for (uint64_t set = i->accumulates; set != 0; set &= set - 1) {
    at = later(at, p->accumulator_ready[__builtin_ctzll(set)]);
  }
  for (uint64_t set = i->writes; set != 0; set &= set - 1) {
    const int r = __builtin_ctzll(set);
    at = later(at, p->locked[r]);
    if (r >= VFP_REGISTER) at = later(at, p->ready[r]); /* 21.6: destinations are locked until they are written */
  }
  return at;
}

static void result(struct pipeline *p, int r, uint64_t ready) {
  p->ready[r] = ready;
  if (r >= VFP_REGISTER) return;
  p->address_ready[r] = ready;
  p->accumulator_ready[r] = ready;
}

static void count_accesses(struct section *section, const struct access *accesses, uint32_t count) {
  bool loads = false;
  bool stores = false;
  for (uint32_t n = 0; n < count; n++) {
    const uint32_t words = accesses[n].bytes > 4 ? accesses[n].bytes / 4 : 1;
    if (accesses[n].store) {
      stores = true;
      section->store_words += words;
    } else {
      loads = true;
      section->load_words += words;
    }
  }
  section->loads += loads;
  section->stores += stores;
}

/* Reads and writes the lines of `accesses`; the cycle at which the last one read is there. */
static uint64_t touch(struct pipeline *p, const struct access *accesses, uint32_t count, uint64_t *at) {
  uint64_t arrives = 0;
  uint32_t last = 0;
  for (uint32_t n = 0; n < count; n++) {
    const uint32_t end = (accesses[n].address + accesses[n].bytes - 1) / CACHE_LINE_BYTES + 1;
    for (uint32_t number = accesses[n].address / CACHE_LINE_BYTES + 1; number <= end; number++) {
      if (number == last) continue;
      last = number;
      const uint32_t address = (number - 1) * CACHE_LINE_BYTES;
      *at = translate(p, address, *at);
      if (accesses[n].store) {
        write_line(p, address, at);
      } else {
        arrives = later(arrives, read_line(p, address, at));
      }
    }
  }
  return arrives;
}

/* 16.10, 16.11 and FLD, FST: one data cycle, two if the access leaves its alignment. */
static void single(struct pipeline *p, const struct instruction *i, const struct access *accesses, uint32_t count,
                   uint64_t at) {
  uint32_t bytes = 0;
  for (uint32_t n = 0; n < count; n++) bytes += accesses[n].bytes;
  const bool aligned = count == 0 || accesses[0].address % bytes == 0;
  uint64_t start = at;
  const uint64_t arrives = touch(p, accesses, count, &start);
  p->load_store_free = start + i->issue + (aligned ? 0 : 1);
  p->now = start + i->issue;
  const uint64_t available = later(start, arrives) + i->latency;
  const bool second_later = !aligned && bytes == 8;
  bool second = false;
  for (uint64_t set = i->writes; set != 0; set &= set - 1) {
    const bool waits = second_later ? second : !aligned;
    result(p, __builtin_ctzll(set), available + (waits ? 1 : 0));
    second = true;
  }
  if (!i->writes_back || i->base == PC) return;
  p->ready[i->base] = p->accumulator_ready[i->base] = start + i->issue;
  p->address_ready[i->base] = start + i->issue - 1;
}

/* 16.12: registers arrive two a cycle, one in the first cycle if the address is an odd word's. */
static void multiple(struct pipeline *p, const struct instruction *i, const struct access *accesses, uint32_t count,
                     uint64_t at) {
  const uint64_t vfp_registers = i->writes >> VFP_REGISTER;
  const uint32_t odd = count > 0 && accesses[0].address % 8 != 0 ? 1 : 0;
  uint32_t words = 0;
  for (uint32_t n = 0; n < count; n++) words += accesses[n].bytes > 4 ? 2 : 1;
  uint64_t start = at;
  const bool loads_pc = i->load && i->flow != FLOW_NONE;
  uint64_t arrives[2] = {0, 0};
  const uint32_t line = count > 0 ? accesses[0].address / CACHE_LINE_BYTES : 0;
  uint32_t first_count = 0;
  while (first_count < count && accesses[first_count].address / CACHE_LINE_BYTES == line) first_count++;
  arrives[0] = touch(p, accesses, first_count, &start);
  arrives[1] = touch(p, accesses + first_count, count - first_count, &start);
  p->load_store_free = start + (words + odd + 1) / 2 + (loads_pc ? 1 : 0);
  p->now = start + 1;
  if (vfp_registers != 0) {
    const uint64_t available = later(start, later(arrives[0], arrives[1])) + (words + 1) / 2 + 3;
    for (uint64_t set = i->writes; set != 0; set &= set - 1) result(p, __builtin_ctzll(set), available);
  } else if (i->load) {
    uint32_t n = 0;
    for (uint64_t set = i->writes; set != 0; set &= set - 1, n++) {
      const uint64_t there = later(start, arrives[n < first_count ? 0 : 1]);
      result(p, __builtin_ctzll(set), there + 3 + (n + odd) / 2 + (loads_pc ? 1 : 0));
    }
  } else if (count > 0) {
    uint32_t n = 0;
    for (uint64_t set = i->needs; set != 0; set &= set - 1, n++) p->locked[__builtin_ctzll(set)] = start + 1 + (n + 1) / 2;
  }
  if (i->writes_back && i->base != PC && !(i->load && i->writes >> i->base & 1)) result(p, i->base, start + 1);
}

static void preload(struct pipeline *p, const struct instruction *i, uint64_t at) {
  uint64_t start = at;
  p->section->preloads++;
  if (i->offset_known && i->base != PC && p->known >> i->base & 1) {
    const struct access access = {p->value[i->base] + (uint32_t)i->offset, 1, false};
    touch(p, &access, 1, &start);
  } else {
    p->section->preloads_unknown++;
  }
  p->load_store_free = start + 1;
  p->now = start + 1;
}

static void arithmetic(struct pipeline *p, const struct instruction *i, uint64_t at) {
  if (i->serializes) at = wait_for(at, p->vfp_done, &p->section->interlock_cycles);
  if (i->unit == UNIT_TRANSFER) p->load_store_free = at + 1;
  p->now = at + i->issue;
  for (uint64_t set = i->writes; set != 0; set &= set - 1) {
    const int r = __builtin_ctzll(set);
    const bool high = i->unit == UNIT_MULTIPLY && r == i->high_register;
    const uint64_t ready = at + (high ? i->latency_high : i->latency);
    result(p, r, ready);
    if (i->unit == UNIT_MULTIPLY) p->accumulator_ready[r] = ready - 1;
  }
  if (i->writes_status) p->status = p->known >> i->status_from & 1 ? p->value[i->status_from] : 0;
}

/*
 * 21.6 and 21.10: an instruction of the VFP begins when the registers of all its iterations are free, and when the one
 * before has begun its last iteration. The core goes on meanwhile.
 */
static void vfp_arithmetic(struct pipeline *p, const struct instruction *i, uint64_t at) {
  const struct vector vector = vector_of(i, p->status);
  uint64_t needs = 0, writes = 0;
  for (uint32_t k = 0; k < vector.iterations; k++) needs |= vector.needs[k], writes |= vector.writes[k];
  struct instruction whole = *i;
  whole.needs = needs;
  whole.writes = writes;
  at = wait_for(at, operands_ready(p, &whole, at), &p->section->interlock_cycles);
  const bool divides = i->unit == UNIT_VFP_DIVIDE;
  at = wait_for(at, divides ? later(p->vfp_free, p->divider_free) : p->vfp_free, &p->section->unit_cycles);
  const uint32_t divide_cycles = i->vfp_double ? 29 : 15;
  const uint32_t step = divides ? divide_cycles : i->latency == 9 ? 2 : 1;
  for (uint32_t k = 0; k < vector.iterations; k++) {
    const uint64_t begins = at + k * step;
    for (uint64_t set = vector.needs[k]; set != 0; set &= set - 1) p->locked[__builtin_ctzll(set)] = begins + 1;
    for (uint64_t set = vector.writes[k]; set != 0; set &= set - 1) result(p, __builtin_ctzll(set), begins + i->latency);
  }
  const uint64_t last = at + (vector.iterations - 1) * step;
  p->vfp_free = last + (divides ? 1 : step);
  p->vfp_done = later(p->vfp_done, last + i->latency);
  if (divides) p->divider_free = last + step;
  p->now = at + 1;
}

/* Keeps the registers whose value an address or an immediate addition tells. */
static void learn_values(struct pipeline *p, const struct instruction *i, const struct access *accesses,
                         uint32_t count) {
  const bool memory = i->unit == UNIT_SINGLE || i->unit == UNIT_MULTIPLE;
  const uint32_t base = 1u << i->base;
  uint32_t forget = (uint32_t)i->writes & 0xffff;
  if (i->flow == FLOW_INDIRECT_CALL || i->flow == FLOW_CALL) forget |= 1u << LR;
  if (memory && count > 0 && i->base != PC) {
    p->known &= ~base;
    if (i->offset_known && (!i->writes_back || i->step_known)) {
      p->value[i->base] = accesses[0].address - (uint32_t)i->offset + (uint32_t)(i->writes_back ? i->base_step : 0);
      p->known |= base;
    }
  } else if (memory && i->writes_back) {
    forget |= base;
  }
  const bool computes = i->arithmetic != ARITHMETIC_UNKNOWN && !i->conditional && forget != 0;
  const bool independent = i->arithmetic == ARITHMETIC_MOVE || i->arithmetic == ARITHMETIC_STATUS;
  if (computes && (independent || p->known >> i->arithmetic_from & 1)) {
    const uint32_t from = p->value[i->arithmetic_from];
    const uint32_t results[] = {
        [ARITHMETIC_MOVE] = i->constant,          [ARITHMETIC_ADD] = from + i->constant,
        [ARITHMETIC_OR] = from | i->constant,     [ARITHMETIC_CLEAR] = from & ~i->constant,
        [ARITHMETIC_STATUS] = p->status,
    };
    p->value[__builtin_ctz(forget)] = results[i->arithmetic];
    p->known |= forget;
    return;
  }
  p->known &= ~forget;
}

void pipeline_execute(struct pipeline *p, struct instruction *i, const struct access *accesses, uint32_t count,
                      uint32_t next) {
  struct section *section = p->section;
  const uint64_t before = p->now;
  section->instructions++;
  section->multiplies += i->unit == UNIT_MULTIPLY;
  count_accesses(section, accesses, count);
  fetch(p, i->address);
  if (i->thumb) {
    section->thumb++;
    uint64_t at = p->now;
    const uint64_t arrives = touch(p, accesses, count, &at);
    p->now = wait_for(at, arrives, &section->memory_cycles) + 1;
    p->known = 0;
  } else {
    uint64_t at = wait_for(p->now, operands_ready(p, i, p->now), &section->interlock_cycles);
    const bool moves_data = i->unit == UNIT_PRELOAD || i->unit == UNIT_TRANSFER;
    if (i->unit == UNIT_SINGLE || i->unit == UNIT_MULTIPLE || moves_data) {
      at = wait_for(at, p->load_store_free, &section->unit_cycles);
    }
    switch (i->unit) {
      case UNIT_VFP:
      case UNIT_VFP_DIVIDE:
        vfp_arithmetic(p, i, at);
        break;
      case UNIT_SINGLE:
        single(p, i, accesses, count, at);
        break;
      case UNIT_MULTIPLE:
        multiple(p, i, accesses, count, at);
        break;
      case UNIT_PRELOAD:
        preload(p, i, at);
        break;
      default:
        arithmetic(p, i, at);
    }
    if (i->sets_flags) p->flags_set = at;
    if (i->flow != FLOW_NONE) {
      const uint32_t distance = (uint32_t)(at - p->flags_set);
      const struct branch_cost cost = branch_take(&p->predictor, i, next, distance > 0 ? distance - 1 : 0, p->after_branch);
      section->branches++;
      section->mispredictions += cost.mispredicted;
      section->branch_cycles += cost.cycles;
      p->now = at + cost.cycles;
    }
    p->after_branch = i->flow != FLOW_NONE;
    learn_values(p, i, accesses, count);
  }
  section->cycles += p->now - before;
  if (!p->profiles) return;
  i->executed++;
  i->cycles += p->now - before;
}
