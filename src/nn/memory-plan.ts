/** A map's claim on memory: it is written by step `from` and last read by step `until`. */
export interface Lifetime {
  readonly bytes: number;
  readonly from: number;
  readonly until: number;
}

const alignment = 64; // a cache line

/**
 * Between large maps that lie side by side. A layer reads and writes several in step; a whole number of times 128 KB apart
 * (64 channels of 64×48 values are 6 times that), they would have one set of the TLB and one of the cache: of the
 * ARM1176's two and four ways too few. A page and some lines put each into sets of its own.
 */
const gap = 4096 + 256;
/** Smaller maps are not that far apart. */
const large = 64 * 1024;

/**
 * Places maps in one block of memory so that two that live at the same time never overlap: each, the largest
 * first, at the lowest offset that is free over its lifetime ("greedy by size", Pisarchyk and Lee 2020).
 *
 * @returns the offset of each map, and the block's size, in bytes
 */
export function planMemory(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  const offsets = lifetimes.map(() => 0);
  const placed: number[] = [];
  let total = 0;
  for (const index of order) {
    const { bytes, from, until } = lifetimes[index]!;
    const size = withGap(bytes);
    const neighbors = placed
      .filter((other) => lifetimes[other]!.from <= until && from <= lifetimes[other]!.until)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let offset = 0;
    for (const other of neighbors) {
      if (offset + size <= offsets[other]!) break;
      offset = Math.max(offset, offsets[other]! + withGap(lifetimes[other]!.bytes));
    }
    offsets[index] = offset;
    placed.push(index);
    total = Math.max(total, offset + size);
  }
  return { offsets, bytes: total };
}

function withGap(bytes: number): number {
  return Math.ceil((bytes >= large ? bytes + gap : bytes) / alignment) * alignment;
}
