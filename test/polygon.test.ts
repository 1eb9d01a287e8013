import { describe, expect, test } from "vitest";
import { contains, crossingEdges, type Point } from "../src/polygon.ts";
import { randomFrom } from "../src/random.ts";

const square: Point[] = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.8, 0.8],
  [0.2, 0.8],
];

describe("contains", () => {
  test("knows inside from outside, also where the outline has a bay", () => {
    const bay: Point[] = [...square, [0.5, 0.5]];
    expect(contains(square, [0.5, 0.5])).toBe(true);
    expect(contains(square, [0.9, 0.5])).toBe(false);
    expect(contains(bay, [0.3, 0.5])).toBe(false);
    expect(contains(bay, [0.5, 0.3])).toBe(true);
  });

  test("each point belongs to one of two zones with a common edge, never to both or none", () => {
    const random = randomFrom(3);
    for (let i = 0; i < 500; i++) {
      const top: Point = [random(), 0];
      const bottom: Point = [random(), 1];
      const left: Point[] = [[0, 0], top, bottom, [0, 1]];
      const right: Point[] = [top, [1, 0], [1, 1], bottom];
      const point: Point = [random() * 0.998 + 0.001, random() * 0.998 + 0.001];
      expect(Number(contains(left, point)) + Number(contains(right, point))).toBe(1);
    }
  });
});

describe("crossingEdges", () => {
  test("finds none in a simple outline, whichever way it runs", () => {
    expect(crossingEdges(square)).toBeNull();
    expect(crossingEdges(square.toReversed())).toBeNull();
  });

  test("finds a bow tie", () => {
    expect(crossingEdges([square[0]!, square[2]!, square[1]!, square[3]!])).toEqual([0, 2]);
  });

  test.each([
    ["a corner given twice", [square[0]!, square[0]!, square[1]!, square[2]!]],
    ["a line", [square[0]!, square[1]!, [0.5, 0.2] as Point]],
    ["a spike", [...square.slice(0, 3), [0.8, 0.1] as Point, square[3]!]],
    ["a corner on another edge", [...square, [0.5, 0.2] as Point]],
  ])("finds %s", (_, points) => {
    expect(crossingEdges(points)).not.toBeNull();
  });

  test("a star around a center is simple, and exchanging two far corners makes it cross", () => {
    const random = randomFrom(9);
    for (let i = 0; i < 100; i++) {
      const star = Array.from({ length: 12 }, (_, corner): Point => {
        const radius = 0.2 + random() * 0.25;
        const angle = (corner / 12) * 2 * Math.PI;
        return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)];
      });
      expect(crossingEdges(star)).toBeNull();
      const exchanged = star.with(1, star[7]!).with(7, star[1]!);
      expect(crossingEdges(exchanged)).not.toBeNull();
    }
  });
});
