import { describe, expect, it } from "vitest";
import { i420Bytes, type Picture, planes } from "../../src/camera/frame.ts";
import type { Box } from "../../src/detect/detection.ts";
import { i420ToRgb } from "../../src/image/color.ts";
import { drawDetections } from "../../src/image/draw.ts";
import { detection } from "../helpers/frame-detections.ts";

interface DrawnBox {
  label: string;
  score: number;
  box: Box;
}

function gray(width: number, height: number): Picture {
  return { width, height, data: new Uint8Array(i420Bytes(width, height)).fill(128) };
}

function drawn(width: number, height: number, ...boxes: DrawnBox[]): Picture {
  const picture = gray(width, height);
  drawDetections(
    picture,
    boxes.map(({ label, score, box }) => detection(label, score, box)),
  );
  return picture;
}

function colorAt(picture: Picture, x: number, y: number): number[] {
  const rgb = new Uint8ClampedArray(picture.width * picture.height * 3);
  i420ToRgb(picture, rgb);
  return [...rgb.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3)];
}

function strongest([r, g, b]: number[]): string {
  if (r! > 150 && g! > 150) return "yellow";
  return r! > g! && r! > b! ? "red" : g! > b! ? "green" : "blue";
}

/** Luma around a label as text, "#" for ink. */
function ink(picture: Picture, left: number, top: number, width: number, height: number): string[] {
  const rows = [];
  for (let y = top; y < top + height; y++) {
    const row = picture.data.subarray(y * picture.width + left, y * picture.width + left + width);
    rows.push([...row].map((value) => (value === 255 ? "#" : ".")).join(""));
  }
  return rows;
}

describe("drawDetections", () => {
  it("draws a frame one pixel wide around exactly the box and leaves its inside alone", () => {
    const { y } = planes(drawn(100, 80, { label: "handgun", score: 0.7, box: [20, 40, 30, 20] }));
    const at = (column: number, row: number) => y[row * 100 + column];
    expect([at(20, 40), at(49, 40), at(20, 59), at(49, 59)]).toEqual([81, 81, 81, 81]);
    expect([at(19, 50), at(50, 50), at(30, 60), at(21, 41), at(48, 58)]).toEqual([128, 128, 128, 128, 128]);
  });

  it.each([
    ["handgun", "red"],
    ["rifle", "red"],
    ["knife", "red"],
    ["person", "green"],
    ["car", "blue"],
    ["a class of some later model", "blue"],
    ["dog", "yellow"],
  ])("shows %s in %s", (label, color) => {
    const picture = drawn(100, 80, { label, score: 0.7, box: [20, 40, 30, 20] });
    expect(strongest(colorAt(picture, 30, 40))).toBe(color);
  });

  it("writes label and score readably", () => {
    const picture = drawn(100, 80, { label: "car", score: 0.714, box: [20, 40, 30, 20] });
    expect(ink(picture, 21, 32, 6 * 8, 7)).toEqual([
      ".........................###........#####...#...",
      "........................#...#...........#..##...",
      ".###...###..#.##........#..##..........#....#...",
      "#.........#.##..#.......#.#.#.........#.....#...",
      "#......####.#...........##..#........#......#...",
      "#...#.#...#.#...........#...#..##....#......#...",
      ".###...####.#............###...##....#.....###..",
    ]);
  });

  it("puts the label inside where there is no room above, and within the right edge", () => {
    const picture = drawn(100, 80, { label: "car", score: 1, box: [90, 2, 10, 60] });
    // 8 glyphs of 6 pixels and a margin of 1, ending at the right edge.
    expect(ink(picture, 100 - 49, 2, 49, 9).join("")).toContain("#");
    expect(picture.data[5 * 100 + 50]).toBe(128);
  });

  it("scales lines and text with the picture", () => {
    const { y } = planes(drawn(1280, 960, { label: "car", score: 1, box: [400, 400, 200, 200] }));
    const column = [...y.subarray(500 * 1280 + 398, 500 * 1280 + 406)];
    expect(column).toEqual([128, 128, 92, 92, 92, 128, 128, 128]);
  });

  it("shows the first detection on top", () => {
    const box = [20, 40, 30, 20] as Box;
    const picture = drawn(100, 80, { label: "rifle", score: 0.9, box }, { label: "person", score: 0.5, box });
    expect(strongest(colorAt(picture, 30, 40))).toBe("red");
  });

  it.each([
    [1, 1],
    [2, 3],
    [7, 5],
    [33, 200],
  ])("stays within a picture of %i×%i whatever the box", (width, height) => {
    const bytes = i420Bytes(width, height);
    // Guard bytes behind the picture must stay as they are.
    const memory = new Uint8Array(bytes + 64).fill(128);
    const picture = { width, height, data: memory.subarray(0, bytes) };
    const boxes: Box[] = [
      [0, 0, width, height],
      [-50, -50, 20, 20],
      [width + 5, height + 5, 10, 10],
      [-10, -10, width + 20, height + 20],
      [0.4, 0.4, 0, 0],
      [width - 1, height - 1, 1e6, 1e6],
    ];
    drawDetections(
      picture,
      boxes.map((box) => detection("person", 0.5, box)),
    );
    expect([...memory.subarray(bytes)]).toEqual(Array(64).fill(128));
  });

  it("draws nothing for a box outside the picture except what its label shows", () => {
    const picture = drawn(50, 50, { label: "car", score: 0.5, box: [-100, -100, 20, 20] });
    expect(
      planes(picture)
        .y.subarray(9 * 50)
        .every((value) => value === 128),
    ).toBe(true);
  });

  it("writes a question mark for letters that the font lacks", () => {
    const strange = drawn(100, 80, { label: "é", score: 0.5, box: [20, 40, 30, 20] });
    const question = drawn(100, 80, { label: "?", score: 0.5, box: [20, 40, 30, 20] });
    expect(Buffer.compare(strange.data, question.data)).toBe(0);
  });
});
