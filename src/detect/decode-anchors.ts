import type { Candidate, LevelOutput } from "./decode.ts";
import { type Anchors, anchorFields } from "./head.ts";

/**
 * Reads a level of Darknet's yolo and region layers (YOLO9000, Redmon and Farhadi 2016, section 2), with σ the logistic
 * function and s the anchors' `centerScale`:
 *
 *   center = (cell + σ(t)·s − (s − 1)/2) · stride    size = anchor · exp(t)    score = σ(objectness) · class
 *
 * where `class` is σ or the softmax of the logits of the classes.
 *
 * @param lowest for each class, the score from which a candidate counts; as in Darknet, objectness alone has to reach the
 *   lowest of them, too
 */
export function* anchorCandidates(
  { data, width, height, stride }: LevelOutput,
  { sizes, classScores, centerScale }: Anchors,
  lowest: readonly number[],
): Generator<Candidate> {
  const classes = lowest.length;
  const fields = anchorFields + classes;
  const least = Math.min(...lowest);
  const center = (cell: number, logit: number) =>
    (cell + logistic(logit) * centerScale - (centerScale - 1) / 2) * stride;
  for (let cell = 0; cell < width * height; cell++) {
    for (const [anchor, [anchorWidth, anchorHeight]] of sizes.entries()) {
      const at = (cell * sizes.length + anchor) * fields;
      const objectness = logistic(data[at + 4]!);
      if (objectness < least) continue;
      const logits = data.subarray(at + anchorFields, at + fields);
      const probabilities = classScores === "softmax" ? softmax(logits) : Array.from(logits, logistic);
      for (const [classId, probability] of probabilities.entries()) {
        const score = objectness * probability;
        if (score < lowest[classId]!) continue;
        const boxWidth = anchorWidth * Math.exp(data[at + 2]!);
        const boxHeight = anchorHeight * Math.exp(data[at + 3]!);
        const left = center(cell % width, data[at]!) - boxWidth / 2;
        const top = center(Math.floor(cell / width), data[at + 1]!) - boxHeight / 2;
        yield { classId, score, box: [left, top, boxWidth, boxHeight] };
      }
    }
  }
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
