import type { Detection } from "../detect/detection.ts";
import { intersectionOverUnion } from "../detect/nms.ts";
import type { LabeledObject, LabeledPicture } from "./data-set.ts";

/** A picture and what was found in it, best first. */
export interface PictureResult {
  readonly picture: LabeledPicture;
  readonly detections: readonly Detection[];
}

/** One detection, judged. */
export interface Verdict {
  readonly picture: LabeledPicture;
  readonly detection: Detection;
  readonly score: number;
  /** It overlaps an object that no better detection of the picture took. */
  readonly hit: boolean;
  /** Its picture is labeled in full for the class, so a miss is a false positive. */
  readonly counts: boolean;
}

/** An object, and whether it was found. */
export interface Goal {
  readonly picture: LabeledPicture;
  readonly object: LabeledObject;
  /** Of the detection that hit it; null where none did. */
  readonly score: number | null;
}

export interface Matches {
  /** Best first. */
  readonly verdicts: readonly Verdict[];
  /** Objects in pictures that are labeled in full for the classes. */
  readonly countedObjects: number;
  /** All objects, those of other pictures included. */
  readonly goals: readonly Goal[];
  /** Pictures that are labeled in full for the classes. */
  readonly countedPictures: number;
}

/**
 * Judges the detections of one class, or of several taken as one.
 * @param iou overlap from which a detection hits
 */
export function match(results: readonly PictureResult[], labels: readonly string[], iou: number): Matches {
  const verdicts: Verdict[] = [];
  const goals: Goal[] = [];
  let countedObjects = 0;
  let countedPictures = 0;
  for (const { picture, detections } of results) {
    const objects = picture.objects.filter(({ label }) => labels.includes(label));
    const counts = labels.every((label) => picture.exhaustive.has(label));
    if (counts) {
      countedObjects += objects.length;
      countedPictures++;
    }
    const scores: (number | null)[] = objects.map(() => null);
    for (const detection of asOneClass(detections, labels)) {
      const { score, box } = detection;
      let best = -1;
      let bestOverlap = 0;
      for (const [i, object] of objects.entries()) {
        const overlap = scores[i] === null ? intersectionOverUnion(box, object.box) : 0;
        if (overlap > bestOverlap) {
          best = i;
          bestOverlap = overlap;
        }
      }
      const hit = best >= 0 && bestOverlap >= iou;
      if (hit) scores[best] = score;
      verdicts.push({ picture, detection, score, hit, counts });
    }
    goals.push(...objects.map((object, i) => ({ picture, object, score: scores[i]! })));
  }
  verdicts.sort((a, b) => b.score - a.score);
  return { verdicts, goals, countedObjects, countedPictures };
}

/** Taken as one class, a weapon that was found both as handgun and as rifle is one detection, not two. */
function asOneClass(detections: readonly Detection[], labels: readonly string[]): Detection[] {
  const mergeIou = 0.5;
  const kept: Detection[] = [];
  for (const detection of detections) {
    if (!labels.includes(detection.label)) continue;
    const again =
      labels.length > 1 && kept.some(({ box }) => intersectionOverUnion(box, detection.box) > mergeIou);
    if (!again) kept.push(detection);
  }
  return kept;
}
