import { describe, expect, it } from "vitest";
import { type Candidate, decode, type LevelOutput } from "../../src/detect/decode.ts";
import type { Anchors, DetectionHead } from "../../src/detect/head.ts";
import { intersectionOverUnion, suppress } from "../../src/detect/nms.ts";

const head: DetectionHead = {
  classes: ["person", "knife"],
  weapons: ["knife"],
  thresholds: [0.5, 0.5],
  outputs: [{ layer: "head8", stride: 8 }],
  nmsIou: 0.5,
  candidates: 3,
  maxDetections: 2,
};

/** A 2×2 level on which nothing is seen but what `cells` say: cell → logits of person, knife, four sides. */
function level(cells: Record<number, number[]>): LevelOutput {
  const data = new Float32Array(4 * 6).fill(-20);
  for (const [cell, logits] of Object.entries(cells)) data.set(logits, Number(cell) * 6);
  return { data, width: 2, height: 2, stride: 8 };
}

describe("decode", () => {
  it("reads a box from the cell's center and the softplus of its sides, in strides", () => {
    const one = Math.log(Math.E - 1); // softplus(one) = 1
    const { sure } = decode([level({ 3: [-20, 0, one, one, 30, one] })], head, head.thresholds);
    const [found] = sure;
    expect(found).toMatchObject({ classId: 1, score: 0.5 });
    const wanted = [12 - 8, 12 - 8, 8 + 240, 8 + 8];
    found!.box.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 5);
    });
  });

  it("keeps to each class's threshold", () => {
    const seen = level({ 0: [0.1, 0.1, 0, 0, 0, 0] });
    expect(decode([seen], head, [0.5, 0.6]).sure.map(({ classId }) => classId)).toEqual([0]);
    expect(decode([seen], head, [1, 1]).sure).toEqual([]);
    expect(decode([seen], head, [0, 1]).sure).toHaveLength(3);
  });

  it("hands on the best candidates, best first, earlier cells first among equals", () => {
    const cells = level({ 0: [1, -20, 0, 0, 0, 0], 1: [3, 2, 0, 0, 0, 0], 2: [1, -20, 0, 0, 0, 0] });
    const { sure } = decode([cells], head, head.thresholds);
    expect(sure.map(({ classId, box }) => [classId, Math.round(box[0])])).toEqual([
      [0, 6],
      [1, 6],
      [0, -2],
    ]);
  });

  it("sets aside what is weak, down to the share of the threshold that was asked for", () => {
    const cells = level({
      0: [0.1, -20, 0, 0, 0, 0],
      1: [-0.5, -0.9, 0, 0, 0, 0],
      2: [-1.2, -20, 0, 0, 0, 0],
    });
    expect(decode([cells], head, [0.5, 0.5]).weak).toEqual([]);
    const { sure, weak } = decode([cells], head, [0.5, 0.5], 0.5);
    expect(sure.map(({ score }) => score.toFixed(2))).toEqual(["0.52"]);
    expect(weak.map(({ classId, score }) => [classId, score.toFixed(2)])).toEqual([
      [0, "0.38"],
      [1, "0.29"],
    ]);
  });
});

describe("suppress", () => {
  const box = (classId: number, left: number, score: number): Candidate => ({
    classId,
    score,
    box: [left, 0, 10, 10],
  });

  it("drops what overlaps a better box of its class, and only that", () => {
    const kept = suppress([box(0, 0, 0.9), box(0, 2, 0.8), box(1, 2, 0.7), box(0, 8, 0.6)], 0.5, 10);
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.7, 0.6]);
  });

  it("stops at the most that are wanted", () => {
    expect(suppress([box(0, 0, 0.9), box(0, 50, 0.8), box(0, 90, 0.7)], 0.5, 2)).toHaveLength(2);
  });

  it("measures overlap as the share of the union", () => {
    expect(intersectionOverUnion([0, 0, 10, 10], [5, 0, 10, 10])).toBeCloseTo(1 / 3);
    expect(intersectionOverUnion([0, 0, 10, 10], [10, 0, 10, 10])).toBe(0);
  });
});

describe("decode of anchors", () => {
  const anchors: Anchors = {
    sizes: [
      [10, 20],
      [30, 6],
    ],
    classScores: "logistic",
    centerScale: 1,
  };
  const fields = 7;

  /** A 2×1 level where nothing is seen but what `seen` says of the second anchor of the second cell. */
  function anchorLevel(seen: readonly number[], changed: Partial<Anchors> = {}): LevelOutput {
    const data = new Float32Array(2 * 2 * fields).fill(-20);
    data.set(seen, 3 * fields);
    return { data, width: 2, height: 1, stride: 8, anchors: { ...anchors, ...changed } };
  }

  it("reads center, size and score around an anchor", () => {
    const level = anchorLevel([0, Math.log(3), Math.log(2), 0, Math.log(4), -20, Math.log(9)]);
    const { sure, weak } = decode([level], head, [0.5, 0.5]);
    expect(weak).toEqual([]);
    expect(sure).toHaveLength(1);
    const [{ classId, score, box }] = sure as [Candidate];
    expect(classId).toBe(1);
    expect(score).toBeCloseTo(0.8 * 0.9, 6);
    const wanted = [1.5 * 8 - 30, 0.75 * 8 - 3, 60, 6];
    box.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 5);
    });
  });

  it("lets centers leave their cell where it says so", () => {
    const seen = [30, -30, 0, 0, 30, 30, -20];
    const [found] = decode([anchorLevel(seen, { centerScale: 1.5 })], head, [0.5, 0.5]).sure;
    expect(found!.box[0]).toBeCloseTo((1 + 1.25) * 8 - 15, 5);
    expect(found!.box[1]).toBeCloseTo(-0.25 * 8 - 3, 5);
  });

  it("shares one among the classes of a region layer", () => {
    const seen = [0, 0, 0, 0, 30, 1, 1 + Math.log(3)];
    const level = anchorLevel(seen, { classScores: "softmax" });
    const { sure } = decode([level], head, [0.1, 0.1]);
    expect(sure.map(({ classId }) => classId)).toEqual([1, 0]);
    expect(sure[0]!.score).toBeCloseTo(0.75, 6);
    expect(sure[1]!.score).toBeCloseTo(0.25, 6);
  });

  it("tells sure ones from weak ones by each class's threshold", () => {
    const level = anchorLevel([0, 0, 0, 0, 30, 0, 0]);
    const { sure, weak } = decode([level], head, [0.6, 0.4], 0.5);
    expect(sure.map(({ classId }) => classId)).toEqual([1]);
    expect(weak.map(({ classId }) => classId)).toEqual([0]);
    expect(decode([level], head, [0.6, 0.6], 1)).toEqual({ sure: [], weak: [] });
  });
});
