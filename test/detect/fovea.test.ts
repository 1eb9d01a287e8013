import { describe, expect, it } from "vitest";
import type { Box, Detection } from "../../src/detect/detection.ts";
import { Gaze, seenIn } from "../../src/detect/fovea.ts";

const frame = { width: 640, height: 480 };

function detection(label: string, score: number, box: Box): Detection {
  return { label, score, box, isWeapon: label !== "person" && label !== "dog" };
}

const far = detection("person", 0.6, [40, 100, 60, 150]);
const near = detection("person", 0.9, [480, 60, 120, 330]);
const knife = detection("knife", 0.2, [300, 200, 20, 30]);
const gun = detection("handgun", 0.46, [100, 400, 20, 16]);
const dog = detection("dog", 0.9, [300, 300, 80, 60]);

/** Where hands are, or the weapon is, in a view's own shares of its sides. */
function place(
  { isWeapon, box: [left, top, width, height] }: Detection,
  view: Readonly<Box>,
): [number, number] {
  const y = top + height * (isWeapon ? 0.5 : 0.4);
  return [(left + width / 2 - view[0]) / view[2], (y - view[1]) / view[3]];
}

function shows(view: Readonly<Box>, reason: Detection): boolean {
  return place(reason, view).every((share) => share > 0.1 && share < 0.9);
}

describe("where to look closer", () => {
  it("is around what may be a weapon, then around the hands of persons, the surest first", () => {
    const views = new Gaze(4).next([far, near, knife, dog, gun], frame);
    expect(views).toHaveLength(4);
    for (const [i, reason] of [gun, near, far, knife].entries()) expect(shows(views[i]!, reason)).toBe(true);
    for (const [left, top, width, height] of views) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect([left % 2, top % 2]).toEqual([0, 0]);
      expect(left + width).toBeLessThanOrEqual(frame.width);
      expect(top + height).toBeLessThanOrEqual(frame.height);
      expect(width / height).toBeCloseTo(frame.width / frame.height, 1);
    }
  });

  it("is nowhere without a reason, or where the whole frame is as close", () => {
    const reasons = [
      dog,
      detection("person", 0.1, far.box),
      detection("knife", 0.1, knife.box),
      detection("rifle", 0.9, [40, 40, 500, 300]),
    ];
    for (const reason of reasons) expect(new Gaze(4).next([reason], frame)).toEqual([]);
    expect(new Gaze(0).next([gun], frame)).toEqual([]);
  });

  it("is not twice at one place", () => {
    const same = detection("handgun", 0.19, [302, 204, 22, 26]);
    expect(new Gaze(4).next([same, knife, gun], frame)).toHaveLength(2);
  });

  it("changes, where there are more places than looks", () => {
    const gaze = new Gaze(1);
    const found = [far, near, gun];
    const seen = Array.from({ length: 6 }, () => gaze.next(found, frame)[0]!);
    for (const [i, reason] of [gun, near, far, gun, near, far].entries()) {
      expect(shows(seen[i]!, reason)).toBe(true);
    }
  });

  it("follows a weapon for some frames, and then lets the others have their turn", () => {
    const gaze = new Gaze(1);
    const found = [near, far];
    let weapon = detection("handgun", 0.4, [100, 150, 12, 10]);
    const views: Box[] = [];
    for (let i = 0; i < 12; i++) {
      const [view] = gaze.next(found, frame);
      views.push(view!);
      gaze.saw(view!, shows(view!, weapon) ? [weapon] : [], frame);
      weapon = { ...weapon, box: [100 + 4 * i, 150, 12, 10] };
    }
    const where = views.map((view) => (shows(view, near) ? "near" : shows(view, far) ? "far" : "?"));
    expect(where.join(" ")).toBe("near far far far far far far near far far far far");
  });
});

describe("what a closer look shows", () => {
  const view: Box = [100, 120, 200, 150];

  it("is its weapons, where they are in the frame", () => {
    const seen = seenIn(
      view,
      [detection("knife", 0.5, [50, 40, 30, 20]), detection("person", 0.9, [20, 20, 90, 100])],
      frame,
    );
    expect(seen).toEqual([detection("knife", 0.5, [150, 160, 30, 20])]);
  });

  it("is nothing that its edge cuts off, but what the edge of the frame does", () => {
    const [left, top, right, bottom] = [
      [0, 40, 30, 20],
      [50, 0, 30, 20],
      [170, 40, 30, 20],
      [50, 130, 30, 20],
    ] as const satisfies Box[];
    const seenFrom = (from: Box, box: Readonly<Box>) =>
      seenIn(from, [detection("knife", 0.5, [...box])], frame);
    for (const box of [left, top, right, bottom]) expect(seenFrom(view, box)).toEqual([]);
    for (const box of [left, top]) expect(seenFrom([0, 0, 200, 150], box)).toHaveLength(1);
    for (const box of [right, bottom]) expect(seenFrom([440, 330, 200, 150], box)).toHaveLength(1);
  });
});
