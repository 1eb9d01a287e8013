import { describe, expect, it } from "vitest";
import type { Box, Detection } from "../../src/detect/detection.ts";
import { match, type PictureResult } from "../../src/eval/match.ts";
import { averagePrecision, recallAtFalsePositives, scoreResults } from "../../src/eval/score.ts";

const found = (label: string, score: number, box: Box): Detection => ({ isWeapon: false, label, score, box });
const here: Box = [0, 0, 10, 10];
const there: Box = [50, 50, 10, 10];
const nowhere: Box = [80, 0, 10, 10];

function result(
  objects: [string, Box][],
  detections: Detection[],
  exhaustive = ["cat", "handgun", "rifle"],
): PictureResult {
  return {
    picture: {
      path: "",
      width: 100,
      height: 100,
      exhaustive: new Set(exhaustive),
      objects: objects.map(([label, box]) => ({ label, box })),
      source: "web",
      group: "",
    },
    detections,
  };
}

describe("average precision", () => {
  it("is 1 when every object is found first, 0 when none is", () => {
    expect(averagePrecision(match([result([["cat", here]], [found("cat", 0.9, here)])], ["cat"], 0.5))).toBe(
      1,
    );
    expect(averagePrecision(match([result([["cat", here]], [])], ["cat"], 0.5))).toBe(0);
  });

  it("interpolates at 101 recalls: a false alarm above the second of two objects", () => {
    const one = result(
      [
        ["cat", here],
        ["cat", there],
      ],
      [found("cat", 0.9, here), found("cat", 0.8, nowhere), found("cat", 0.7, there)],
    );
    // Precision 1 up to recall 0.5 (51 points), 2/3 beyond (50 points).
    expect(averagePrecision(match([one], ["cat"], 0.5))).toBeCloseTo((51 + (50 * 2) / 3) / 101);
  });

  it("lets an object be found once; the second box on it is false", () => {
    const { verdicts } = match(
      [result([["cat", here]], [found("cat", 0.9, here), found("cat", 0.8, here)])],
      ["cat"],
      0.5,
    );
    expect(verdicts.map(({ hit }) => hit)).toEqual([true, false]);
  });

  it("leaves out pictures where the class may be there unlabeled", () => {
    const unlabeled = result([], [found("cat", 0.95, here)], ["handgun"]);
    const labeled = result([["cat", here]], [found("cat", 0.9, here)]);
    expect(averagePrecision(match([unlabeled, labeled], ["cat"], 0.5))).toBe(1);
  });
});

describe("recall at false positives", () => {
  it("stops before there are too many, and names the score", () => {
    const pictures = [
      result([["cat", here]], [found("cat", 0.9, here)]),
      result([["cat", here]], [found("cat", 0.8, nowhere), found("cat", 0.7, here)]),
      result([["cat", here]], [found("cat", 0.6, nowhere), found("cat", 0.5, here)]),
    ];
    const matches = match(pictures, ["cat"], 0.5);
    expect(recallAtFalsePositives(matches, 0)).toEqual({ recallAtFp: 1 / 3, threshold: 0.9 });
    expect(recallAtFalsePositives(matches, 1 / 3)).toEqual({ recallAtFp: 2 / 3, threshold: 0.7 });
    expect(recallAtFalsePositives(matches, 1)).toEqual({ recallAtFp: 1, threshold: 0.5 });
  });

  it("counts objects of all pictures but false alarms only where the class is labeled in full", () => {
    const unlabeled = result([["cat", here]], [found("cat", 0.9, nowhere), found("cat", 0.8, here)], []);
    const matches = match([unlabeled, result([], [])], ["cat"], 0.5);
    expect(recallAtFalsePositives(matches, 0)).toEqual({ recallAtFp: 1, threshold: 0.8 });
  });
});

describe("scores", () => {
  it("take the weapon classes as one: the wrong kind still finds it, twice is one", () => {
    const pictures = [result([["rifle", here]], [found("handgun", 0.9, here), found("rifle", 0.8, here)])];
    const { classes, mAP50 } = scoreResults(pictures, ["cat", "handgun", "rifle"], ["handgun", "rifle"]);
    expect(classes.weapon).toMatchObject({ recallAtFp: 1, threshold: 0.9 });
    expect(classes.handgun).toMatchObject({ ap50: 0, gt: 0 });
    expect(classes.rifle).toMatchObject({ ap50: 1, gt: 1, recallAtFp: 1 });
    // Only rifles exist here.
    expect(mAP50).toBe(1);
  });

  it("break recall down by size and by source", () => {
    const small = result([["cat", [0, 0, 4, 4]]], [found("cat", 0.9, [0, 0, 4, 4])]);
    const large = result(
      [
        ["cat", here],
        ["cat", [40, 40, 30, 30]],
      ],
      [found("cat", 0.8, here)],
    );
    const clip = { ...large, picture: { ...large.picture, source: "clip" } };
    const { classes } = scoreResults([small, large, clip], ["cat"], []);
    expect(classes.cat).toMatchObject({
      recallAtFp: 3 / 5,
      large: { recall: 1 / 2, objects: 4 },
      bySize: {
        "below 1/20": { recall: 1, objects: 1 },
        "1/10 to 1/5": { recall: 1, objects: 2 },
        "1/5 and more": { recall: 0, objects: 2 },
      },
      bySource: { clip: { recall: 1 / 2, objects: 2 }, web: { recall: 2 / 3, objects: 3 } },
    });
    expect(Object.keys(classes.cat!.bySize)).toEqual(["below 1/20", "1/10 to 1/5", "1/5 and more"]);
  });
});
