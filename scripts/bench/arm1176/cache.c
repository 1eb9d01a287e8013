#include "cache.h"

bool cache_find(struct cache *cache, uint32_t address, struct cache_line *line) {
  const uint32_t number = address / CACHE_LINE_BYTES;
  const uint32_t set = number % CACHE_SETS;
  for (int way = 0; way < CACHE_WAYS; way++) {
    if (cache->tag[set][way] != number + 1) continue;
    line->dirty = &cache->dirty[set][way];
    line->arrives = &cache->arrives[set][way];
    return true;
  }
  return false;
}

/* Pseudo-random replacement, which Linux leaves switched on; an invalid way is taken first. */
static int victim_of(struct cache *cache, uint32_t set) {
  for (int way = 0; way < CACHE_WAYS; way++) {
    if (cache->tag[set][way] == 0) return way;
  }
  if (cache->random == 0) cache->random = 0xace1u;
  const uint32_t bit = (cache->random ^ cache->random >> 2 ^ cache->random >> 3 ^ cache->random >> 5) & 1;
  cache->random = cache->random >> 1 | bit << 15;
  return (int)(cache->random % CACHE_WAYS);
}

bool cache_allocate(struct cache *cache, uint32_t address, struct cache_line *line) {
  const uint32_t number = address / CACHE_LINE_BYTES;
  const uint32_t set = number % CACHE_SETS;
  const int way = victim_of(cache, set);
  const bool was_dirty = cache->tag[set][way] != 0 && cache->dirty[set][way];
  cache->tag[set][way] = number + 1;
  cache->dirty[set][way] = false;
  line->dirty = &cache->dirty[set][way];
  line->arrives = &cache->arrives[set][way];
  return was_dirty;
}

bool tlb_find(struct tlb *tlb, uint32_t address) {
  const uint32_t page = address >> 12;
  const uint32_t set = page % TLB_SETS;
  for (int way = 0; way < TLB_WAYS; way++) {
    if (tlb->page[set][way] == page + 1) return true;
  }
  tlb->page[set][tlb->next[set]] = page + 1;
  tlb->next[set] = (uint8_t)((tlb->next[set] + 1) % TLB_WAYS);
  return false;
}
