import type { Detection } from "../detect/detection.ts";
import { intersectionOverUnion } from "../detect/nms.ts";
import type { LabeledPicture } from "./data-set.ts";

/** A picture and what was found in it, best first. */
export interface PictureResult {
  readonly picture: LabeledPicture;
  readonly detections: readonly Detection[];
}

/** One detection, judged. */
export interface Verdict {
  readonly score: number;
  /** It overlaps an object that no better detection of the picture took. */
  readonly hit: boolean;
  /** Its picture is labeled in full for the class, so a miss is a false positive. */
  readonly counts: boolean;
}

export interface Matches {
  /** Best first. */
  readonly verdicts: readonly Verdict[];
  /** Objects in pictures that are labeled in full for the classes. */
  readonly countedObjects: number;
  /** Objects in all pictures. */
  readonly allObjects: number;
  /** Pictures that are labeled in full for the classes. */
  readonly countedPictures: number;
}

/**
 * Judges the detections of one class, or of several taken as one.
 * @param iou overlap from which a detection hits
 */
export function match(results: readonly PictureResult[], labels: readonly string[], iou: number): Matches {
  const verdicts: Verdict[] = [];
  let countedObjects = 0;
  let allObjects = 0;
  let countedPictures = 0;
  for (const { picture, detections } of results) {
    const goals = picture.objects.filter(({ label }) => labels.includes(label)).map(({ box }) => box);
    const counts = labels.every((label) => picture.exhaustive.has(label));
    allObjects += goals.length;
    if (counts) {
      countedObjects += goals.length;
      countedPictures++;
    }
    const taken = goals.map(() => false);
    for (const { score, box } of asOneClass(detections, labels)) {
      let best = -1;
      let bestOverlap = 0;
      for (const [i, goal] of goals.entries()) {
        const overlap = taken[i] ? 0 : intersectionOverUnion(box, goal);
        if (overlap > bestOverlap) {
          best = i;
          bestOverlap = overlap;
        }
      }
      const hit = best >= 0 && bestOverlap >= iou;
      if (hit) taken[best] = true;
      verdicts.push({ score, hit, counts });
    }
  }
  verdicts.sort((a, b) => b.score - a.score);
  return { verdicts, countedObjects, allObjects, countedPictures };
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
