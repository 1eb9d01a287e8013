import { intersectionOverUnion } from "../../detect/nms.ts";
import type { PictureResult } from "../match.ts";

/** What objects of each class were taken for. */
export interface Confusion {
  readonly classes: readonly string[];
  /** `counts[true class][taken for]`, in the order of `classes`. */
  readonly counts: readonly (readonly number[])[];
  /** Objects on which nothing was seen, for each class. */
  readonly missed: readonly number[];
  /** Detections where no object is, for each class; in pictures that are labeled in full for it. */
  readonly invented: readonly number[];
}

const iou = 0.5;

/**
 * Pairs objects and detections of whatever class, best overlap first, one to one.
 * @param thresholds for each class, the score from which a detection counts
 */
export function confusionOf(
  results: readonly PictureResult[],
  classes: readonly string[],
  thresholds: ReadonlyMap<string, number>,
): Confusion {
  const index = new Map(classes.map((label, i) => [label, i]));
  const counts = classes.map(() => classes.map(() => 0));
  const missed = classes.map(() => 0);
  const invented = classes.map(() => 0);
  for (const { picture, detections } of results) {
    const objects = picture.objects.filter(({ label }) => index.has(label));
    const seen = detections.filter(({ label, score }) => index.has(label) && score >= thresholds.get(label)!);
    const pairs = objects
      .flatMap((object) =>
        seen.map((detection) => ({
          object,
          detection,
          // At the same overlap the right class goes first.
          overlap:
            intersectionOverUnion(object.box, detection.box) + (object.label === detection.label ? 1e-6 : 0),
        })),
      )
      .filter(({ overlap }) => overlap >= iou)
      .sort((a, b) => b.overlap - a.overlap);
    const paired = new Set<object>();
    for (const { object, detection } of pairs) {
      if (paired.has(object) || paired.has(detection)) continue;
      paired.add(object).add(detection);
      counts[index.get(object.label)!]![index.get(detection.label)!]!++;
    }
    for (const object of objects) if (!paired.has(object)) missed[index.get(object.label)!]!++;
    for (const detection of seen) {
      const counted = !paired.has(detection) && picture.exhaustive.has(detection.label);
      if (counted) invented[index.get(detection.label)!]!++;
    }
  }
  return { classes, counts, missed, invented };
}
