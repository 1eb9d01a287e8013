import { largeSize, type Recall, recallBySize, recallBySource, recallOf, relativeSize } from "./breakdown.ts";
import { type Matches, match, type PictureResult, type Verdict } from "./match.ts";

/** What `xnorcam eval` reports. All but `gt` and `images` are 0 … 1. */
export interface Scores {
  /** Mean of the classes' AP at IoU 0.5, over classes that have objects in pictures labeled in full. */
  readonly mAP50: number;
  /** The same over IoU 0.50, 0.55, … 0.95. */
  readonly mAP: number;
  readonly images: number;
  readonly classes: Readonly<Record<string, ClassScores>>;
}

export interface ClassScores {
  readonly ap50?: number;
  /** Objects that `ap50` rests on. */
  readonly gt?: number;
  /** Share of all objects found at `threshold`. */
  readonly recallAtFp: number;
  /** The lowest score at which there are few enough false positives. */
  readonly threshold: number;
  /** Of the objects whose √area is a tenth of the picture's width or more. */
  readonly large: Recall;
  readonly bySize: Readonly<Record<string, Recall>>;
  readonly bySource: Readonly<Record<string, Recall>>;
}

/** False positives a picture that are allowed where recall is measured. */
export const falsePositiveRate = { object: 0.1, weapon: 0.05 } as const;

const iouSteps = Array.from({ length: 10 }, (_, i) => 0.5 + i * 0.05);

/**
 * The scores that the data set's README defines.
 * @param classes of the model
 * @param weapons of these, the ones that are also scored as one class, `weapon`
 */
export function scoreResults(
  results: readonly PictureResult[],
  classes: readonly string[],
  weapons: readonly string[],
): Scores {
  const scores: Record<string, ClassScores> = {};
  const ap50s: number[] = [];
  const aps: number[] = [];
  for (const label of classes) {
    const matches = match(results, [label], 0.5);
    const ap50 = averagePrecision(matches);
    const rate = weapons.includes(label) ? falsePositiveRate.weapon : falsePositiveRate.object;
    scores[label] = { ap50, gt: matches.countedObjects, ...recalls(matches, rate) };
    if (matches.countedObjects === 0) continue;
    ap50s.push(ap50);
    aps.push(mean(iouSteps.map((iou) => averagePrecision(match(results, [label], iou)))));
  }
  if (weapons.length > 0) {
    scores.weapon = recalls(match(results, weapons, 0.5), falsePositiveRate.weapon);
  }
  return { mAP50: mean(ap50s), mAP: mean(aps), images: results.length, classes: scores };
}

function recalls(matches: Matches, rate: number): Omit<ClassScores, "ap50" | "gt"> {
  const point = recallAtFalsePositives(matches, rate);
  const { goals } = matches;
  return {
    ...point,
    large: recallOf(
      goals.filter((goal) => relativeSize(goal) >= largeSize),
      point.threshold,
    ),
    bySize: recallBySize(goals, point.threshold),
    bySource: recallBySource(goals, point.threshold),
  };
}

/** Recall and the precision there, detection by detection, best first; over pictures that are labeled in full. */
export function precisionRecall({ verdicts, countedObjects }: Matches): CurvePoint[] {
  let hits = 0;
  return verdicts
    .filter(({ counts }) => counts)
    .map(({ hit, score }, i) => {
      if (hit) hits++;
      return { recall: hits / Math.max(1, countedObjects), precision: hits / (i + 1), score };
    });
}

export interface CurvePoint {
  recall: number;
  precision: number;
  score: number;
}

/** Mean of the best precision at recalls 0, 0.01, … 1, over pictures that are labeled in full (COCO). */
export function averagePrecision(matches: Matches): number {
  if (matches.countedObjects === 0) return 0;
  const points = precisionRecall(matches);
  // From the end, each precision becomes the best of itself and all behind it.
  for (let i = points.length - 2; i >= 0; i--) {
    points[i]!.precision = Math.max(points[i]!.precision, points[i + 1]!.precision);
  }
  let sum = 0;
  let i = 0;
  for (let step = 0; step <= 100; step++) {
    while (i < points.length && points[i]!.recall < step / 100) i++;
    sum += points[i]?.precision ?? 0;
  }
  return sum / 101;
}

/** Recall at the lowest score that keeps to `rate` false positives a picture. */
export function recallAtFalsePositives(
  { verdicts, goals, countedPictures }: Matches,
  rate: number,
): { recallAtFp: number; threshold: number } {
  const allowed = rate * countedPictures;
  let falsePositives = 0;
  let hits = 0;
  let best = { recallAtFp: 0, threshold: 1 };
  for (const [i, verdict] of verdicts.entries()) {
    if (verdict.hit) hits++;
    else if (verdict.counts) falsePositives++;
    if (falsePositives > allowed) break;
    // Detections of one score stand or fall together.
    if (isLastOfItsScore(verdicts, i) && goals.length > 0) {
      best = { recallAtFp: hits / goals.length, threshold: verdict.score };
    }
  }
  return best;
}

function isLastOfItsScore(verdicts: readonly Verdict[], i: number): boolean {
  const next = verdicts[i + 1];
  return next === undefined || next.score < verdicts[i]!.score;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
