import type { Candidate } from "./decode.ts";
import type { Box } from "./detection.ts";

/**
 * Greedy non-maximum suppression within each class.
 * @param candidates best first
 * @param iou of two boxes that overlap more, the later one goes
 * @param most boxes that stay, at most
 */
export function suppress(candidates: readonly Candidate[], iou: number, most: number): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    if (kept.length === most) break;
    const hidden = kept.some(
      (other) => other.classId === candidate.classId && intersectionOverUnion(other.box, candidate.box) > iou,
    );
    if (!hidden) kept.push(candidate);
  }
  return kept;
}

/** Overlap of two boxes as a share of their union, 0 … 1. */
export function intersectionOverUnion(a: Readonly<Box>, b: Readonly<Box>): number {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return 0;
  const overlap = across * down;
  return overlap / (a[2] * a[3] + b[2] * b[3] - overlap);
}
