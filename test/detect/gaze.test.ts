import { describe, expect, it } from "vitest";
import type { Box, Detection } from "../../src/detect/detection.ts";
import { Gaze, joined, seenIn } from "../../src/detect/gaze.ts";

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
      // Every third look misses it.
      gaze.saw(view!, shows(view!, weapon) && i % 3 !== 0 ? [weapon] : []);
      weapon = { ...weapon, box: [100 + 4 * i, 150, 12, 10] };
    }
    const where = views.map((view) => (shows(view, near) ? "near" : shows(view, far) ? "far" : "?"));
    expect(where.join(" ")).toBe("near far far far far far far near far far far far");
  });
});

describe("a gaze", () => {
  it("does not look twice at a weapon that two views have shown", () => {
    const gaze = new Gaze(3);
    const [one, two] = [
      detection("person", 0.9, [200, 100, 60, 150]),
      detection("person", 0.8, [250, 100, 60, 150]),
    ];
    const views = gaze.next([one, two], frame);
    expect(views).toHaveLength(2);
    for (const view of views) gaze.saw(view, [detection("handgun", 0.7, [250, 160, 12, 10])]);
    const again = gaze.next([], frame);
    expect(again).toHaveLength(1);
    expect(shows(again[0]!, gun)).toBe(false);
    expect(shows(again[0]!, detection("handgun", 0.7, [250, 160, 12, 10]))).toBe(true);
  });

  it("forgets where it looked when frames of another size come", () => {
    const gaze = new Gaze(1);
    const [view] = gaze.next([gun], frame);
    gaze.saw(view!, [gun]);
    expect(gaze.next([], { width: 64, height: 48 })).toEqual([]);
  });

  it.each([
    [1, 1],
    [3, 1],
    [2, 2],
    [641, 481],
  ])("stays within a frame of %i×%i", (width, height) => {
    for (const x of [0, 0.4, 0.9]) {
      const small = detection("knife", 0.9, [x * width, x * height, width / 100, height / 100]);
      for (const [left, top, viewWidth, viewHeight] of new Gaze(2).next([small], { width, height })) {
        expect([left % 2, top % 2]).toEqual([0, 0]);
        expect(Math.min(left, top, viewWidth - 1, viewHeight - 1)).toBeGreaterThanOrEqual(0);
        expect(left + viewWidth).toBeLessThanOrEqual(width);
        expect(top + viewHeight).toBeLessThanOrEqual(height);
      }
    }
  });
});

describe("what several looks have found", () => {
  const first = detection("knife", 0.4, [100, 100, 60, 60]);
  const second = detection("knife", 0.6, [105, 105, 60, 60]);

  it("is each thing once, by its surest box, and two of one look are two", () => {
    expect(joined([[first], [second]], 0.5)).toEqual([second]);
    expect(joined([[second, first], []], 0.5)).toEqual([second, first]);
    const beside = detection("knife", 0.5, [140, 100, 60, 60]);
    const gunThere = detection("handgun", 0.5, first.box);
    expect(joined([[first], [beside, gunThere]], 0.5)).toEqual([beside, gunThere, first]);
  });

  it("leaves out the weak ones that a sure one shows", () => {
    const person = detection("person", 0.3, [90, 90, 80, 80]);
    expect(joined([[first, person], []], 0.5, [second, { ...person, score: 0.9 }])).toEqual([person]);
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
