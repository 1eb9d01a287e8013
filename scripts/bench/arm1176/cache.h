/* The ARM1176's first-level caches and its main TLB, as tag stores (ARM DDI 0301H, chapters 6 and 7). */
#ifndef XNORCAM_CACHE_H
#define XNORCAM_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define CACHE_LINE_BYTES 32
#define CACHE_WAYS 4
#define CACHE_SETS 128

struct cache {
  uint32_t tag[CACHE_SETS][CACHE_WAYS]; /* line number + 1; 0: invalid */
  bool dirty[CACHE_SETS][CACHE_WAYS];
  uint64_t arrives[CACHE_SETS][CACHE_WAYS]; /* the cycle at which the line's fill ends */
  uint32_t random;                          /* state of the replacement's shift register */
};

struct cache_line {
  bool *dirty;
  uint64_t *arrives;
};

/* Finds the line of `address`: true and `line` if the cache has it (or is filling it). */
bool cache_find(struct cache *cache, uint32_t address, struct cache_line *line);

/* Makes room for the line of `address` and puts it there, clean. True if the line that left was dirty. */
bool cache_allocate(struct cache *cache, uint32_t address, struct cache_line *line);

#define TLB_SETS 32
#define TLB_WAYS 2

struct tlb {
  uint32_t page[TLB_SETS][TLB_WAYS]; /* page number + 1 */
  uint8_t next[TLB_SETS];
};

/* True if the page of `address` is known; if not, it is from now on. */
bool tlb_find(struct tlb *tlb, uint32_t address);

#endif
