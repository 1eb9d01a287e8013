import type { Box } from "../../detect/detection.ts";
import { intersectionOverUnion } from "../../detect/nms.ts";
import { relativeSize } from "../breakdown.ts";
import type { LabeledPicture } from "../data-set.ts";
import type { Goal, Matches, Verdict } from "../match.ts";

/** A picture that shows what went wrong. */
export interface Mistake {
  readonly picture: LabeledPicture;
  readonly box: Box;
  readonly kind: "false alarm" | "miss";
  /** "0.91, on a dog" */
  readonly caption: string;
}

/** The false alarms of the highest scores, at most one a picture. */
export function worstFalseAlarms({ verdicts }: Matches, most: number): Mistake[] {
  const wrong = verdicts.filter(({ hit, counts }) => counts && !hit);
  return onePerPicture(wrong, most).map((verdict) => ({
    picture: verdict.picture,
    box: verdict.detection.box,
    kind: "false alarm",
    caption: `${verdict.score.toFixed(2)}, ${whatIsThere(verdict)}`,
  }));
}

/** The largest objects on which no detection of at least `threshold` lies, at most one a picture. */
export function worstMisses({ goals }: Matches, threshold: number, most: number): Mistake[] {
  const missed = goals
    .filter(({ score }) => score === null || score < threshold)
    .sort((a, b) => relativeSize(b) - relativeSize(a));
  return onePerPicture(missed, most).map((goal) => ({
    picture: goal.picture,
    box: goal.object.box,
    kind: "miss",
    caption: `${(relativeSize(goal) * 100).toFixed(0)} % of the width, ${seenAs(goal)}`,
  }));
}

function seenAs({ score }: Goal): string {
  return score === null ? "not seen" : `seen at ${score.toFixed(2)} only`;
}

function whatIsThere({ picture, detection }: Verdict): string {
  let best: { label: string; overlap: number } | null = null;
  for (const { label, box } of picture.objects) {
    const overlap = intersectionOverUnion(box, detection.box);
    if (overlap > (best?.overlap ?? 0)) best = { label, overlap };
  }
  if (best === null || best.overlap < 0.1) return "nothing labeled there";
  return `on a ${best.label} (IoU ${best.overlap.toFixed(2)})`;
}

function onePerPicture<Item extends { readonly picture: LabeledPicture }>(
  items: readonly Item[],
  most: number,
): Item[] {
  const shown = new Set<LabeledPicture>();
  const kept: Item[] = [];
  for (const item of items) {
    if (kept.length === most) break;
    if (shown.has(item.picture)) continue;
    shown.add(item.picture);
    kept.push(item);
  }
  return kept;
}
