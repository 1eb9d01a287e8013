import { expect, test } from "vitest";
import type { Box, Detection } from "../../../src/detect/detection.ts";
import type { PictureResult } from "../../../src/eval/match.ts";
import { confusionOf } from "../../../src/eval/report/confusion.ts";

const here: Box = [0, 0, 10, 10];
const there: Box = [50, 50, 10, 10];
const seen = (label: string, score: number, box: Box): Detection => ({ isWeapon: false, label, score, box });

test("says what each object was taken for, what was missed, and what was invented", () => {
  const picture = { path: "", width: 100, height: 100, source: "", group: "", exhaustive: new Set(["dog"]) };
  const results: PictureResult[] = [
    // A dog taken for a cat beside one that is right; the better name wins where both are seen.
    {
      picture: {
        ...picture,
        objects: [
          { label: "dog", box: here },
          { label: "dog", box: there },
        ],
      },
      detections: [seen("cat", 0.9, here), seen("cat", 0.8, there), seen("dog", 0.7, there)],
    },
    // Too low a score; and a cat where cats are not labeled in full.
    {
      picture: { ...picture, objects: [{ label: "cat", box: here }] },
      detections: [seen("cat", 0.3, here), seen("cat", 0.9, there), seen("dog", 0.6, there)],
    },
  ];
  const thresholds = new Map([
    ["dog", 0.5],
    ["cat", 0.5],
  ]);
  expect(confusionOf(results, ["dog", "cat"], thresholds)).toEqual({
    classes: ["dog", "cat"],
    counts: [
      [1, 1],
      [0, 0],
    ],
    missed: [0, 1],
    invented: [1, 0],
  });
});
