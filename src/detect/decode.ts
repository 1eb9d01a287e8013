import { anchorCandidates } from "./decode-anchors.ts";
import type { Box } from "./detection.ts";
import { type Anchors, boxSides, type DetectionHead } from "./head.ts";

/** The output of one level: a map of `height × width × (classes + 4)` logits, or of anchors. */
export interface LevelOutput {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Pixels of the input for one cell. */
  readonly stride: number;
  readonly anchors?: Anchors;
}

/** A possible detection; its box in pixels of the network's input, not clipped. */
export interface Candidate {
  readonly classId: number;
  readonly score: number;
  readonly box: Box;
}

/**
 * Reads the outputs of all levels.
 *
 * @param thresholds for each class, the lowest score that counts
 * @param weakShare 0 … 1: down to this share of its class's threshold a cell is still a weak candidate
 * @returns of each the `candidates` best, best first; of equal scores, the earlier cell first
 */
export function decode(
  levels: readonly LevelOutput[],
  head: DetectionHead,
  thresholds: readonly number[],
  weakShare = 1,
): { sure: Candidate[]; weak: Candidate[] } {
  const sure: Candidate[] = [];
  const weak: Candidate[] = [];
  for (const level of levels) {
    const { anchors } = level;
    if (anchors === undefined) {
      readCells(level, head, thresholds, weakShare, sure, weak);
      continue;
    }
    const lowest = thresholds.map((threshold) => threshold * weakShare);
    for (const candidate of anchorCandidates(level, anchors, lowest)) {
      const list = candidate.score < thresholds[candidate.classId]! ? weak : sure;
      list.push(candidate);
    }
  }
  return { sure: best(sure, head.candidates), weak: best(weak, head.candidates) };
}

/**
 * Reads the cells of an anchor-free head (FCOS, Tian et al. 2019): a cell's score for a class is the sigmoid of
 * its logit; its box reaches from the cell's center by softplus(logit) · stride to each side.
 */
function readCells(
  { data, width, height, stride }: LevelOutput,
  head: DetectionHead,
  thresholds: readonly number[],
  weakShare: number,
  sure: Candidate[],
  weak: Candidate[],
): void {
  const classes = head.classes.length;
  const channels = classes + boxSides;
  // Comparing logits saves an exponential for each of the many cells where nothing is.
  const sureLogits = thresholds.map(logitOf);
  const weakLogits = thresholds.map((threshold) => logitOf(threshold * weakShare));
  for (let cell = 0; cell < width * height; cell++) {
    const at = cell * channels;
    for (let classId = 0; classId < classes; classId++) {
      const logit = data[at + classId]!;
      if (logit < weakLogits[classId]!) continue;
      const x = ((cell % width) + 0.5) * stride;
      const y = (Math.floor(cell / width) + 0.5) * stride;
      const side = (i: number) => softplus(data[at + classes + i]!) * stride;
      const [left, top, right, bottom] = [side(0), side(1), side(2), side(3)];
      const score = 1 / (1 + Math.exp(-logit));
      const list = logit < sureLogits[classId]! ? weak : sure;
      list.push({ classId, score, box: [x - left, y - top, left + right, top + bottom] });
    }
  }
}

/** The sort is stable, so the order of cells decides between equals. */
function best(candidates: Candidate[], most: number): Candidate[] {
  return candidates.sort((a, b) => b.score - a.score).slice(0, most);
}

function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** log(1 + eˣ), without overflow. */
function softplus(x: number): number {
  return x > 20 ? x : Math.log1p(Math.exp(x));
}
