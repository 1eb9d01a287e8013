import type { Candidate } from "./decode.ts";

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
      (other) => other.classId === candidate.classId && intersectionOverUnion(other, candidate) > iou,
    );
    if (!hidden) kept.push(candidate);
  }
  return kept;
}

/** 0 … 1. */
export function intersectionOverUnion(
  a: Pick<Candidate, "left" | "top" | "right" | "bottom">,
  b: Pick<Candidate, "left" | "top" | "right" | "bottom">,
): number {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (across <= 0 || down <= 0) return 0;
  const overlap = across * down;
  return overlap / (area(a) + area(b) - overlap);
}

function area(box: Pick<Candidate, "left" | "top" | "right" | "bottom">): number {
  return (box.right - box.left) * (box.bottom - box.top);
}
