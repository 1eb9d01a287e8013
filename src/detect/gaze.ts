import type { Box, Detection } from "./detection.ts";
import { intersectionOverUnion } from "./nms.ts";

/** From these scores on, a person or what may be a weapon is worth a closer look. */
const leastPersonScore = 0.2;
const leastWeaponScore = 0.12;

/** No detection below this score is a reason to look closer. */
export const hintScore = Math.min(leastPersonScore, leastWeaponScore);

/** Part of the frame's sides that a view has at least; there a frame of 640 pixels has about as many as the network sees. */
const leastShare = 0.3;
/** In such steps it grows, so that views of one size follow each other. */
const shareStep = 0.05;
/** A view of more is no closer. */
const mostShare = 0.9;

/** A weapon in the middle of so many times its size is seen with the hand that holds it. */
const weaponMargin = 4.5;
/** And a long one at least whole, with something around. */
const longWeaponMargin = 1.6;

/** Of a person, that much of the height and of the width is looked at, about the point where hands are. */
const personHeight = 0.75;
const personWidth = 1.3;
const handsAt = 0.4;

/** A view whose center is less than this share of its side from that of another one, and about as large, shows the same. */
const sameCenter = 0.25;
const sameSize = 1.4;

/**
 * Looks that follow a weapon while others wait: as many as the alarm takes into account by default. Some may miss it; and a
 * thing that only looks like one must not hold them forever.
 */
const heldLooks = 5;

/** Distance from the edge of a view, as a share of its side, within which a box is cut off by it. */
const cutMargin = 0.02;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A view that goes on because a weapon was seen there, and the looks that are left. */
interface Hold {
  readonly box: Box;
  readonly left: number;
}

/**
 * Decides where a second look at a frame, at up to three times its scale, may find a weapon that the first one could not:
 * around what may be one, and around the hands of persons. The eye does the same, only whose fovea sees sharply (Larochelle
 * and Hinton 2010). Where there are more places than looks, they have turns; but where a weapon was seen, the next look
 * follows, or it could not be seen often enough for an alarm.
 *
 * A picture needs a new one; a camera has one for all its frames.
 */
export class Gaze {
  readonly #most: number;
  #frame: Size = { width: 0, height: 0 };
  #turn = 0;
  #held: readonly Hold[] = [];
  /** Those of the last frame, until `saw` has been told what is there. */
  #before: readonly Hold[] = [];

  /** @param most looks at a frame, at most */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @param found by the look at the whole frame, down to `hintScore`
   * @param frame width and height, pixels
   * @returns views in pixels of the frame, in its aspect ratio; left and top are even. `saw` is to be told of each.
   */
  next(found: readonly Detection[], { width, height }: Size): Box[] {
    if (width !== this.#frame.width || height !== this.#frame.height) {
      this.#frame = { width, height };
      this.#held = [];
      this.#turn = 0;
    }
    this.#before = this.#held.slice(0, this.#most);
    this.#held = [];
    const held = this.#before.map(({ box }) => box);
    const others = viewsOf(found, this.#frame).filter((box) => !held.some((other) => isSame(box, other)));
    const free = Math.min(this.#most - held.length, others.length);
    const chosen = Array.from({ length: free }, (_, i) => others[(this.#turn + i) % others.length]!);
    this.#turn = others.length > free ? (this.#turn + free) % others.length : 0;
    return [...held, ...chosen];
  }

  /**
   * @param view one that `next` returned
   * @param weapons what the look at it has shown, in pixels of the frame, best first
   */
  saw(view: Box, [weapon]: readonly Detection[]): void {
    const hold = this.#before.find(({ box }) => box === view);
    const left = hold === undefined ? heldLooks : hold.left - 1;
    if (left === 0 || (hold === undefined && weapon === undefined)) return;
    const box = weapon === undefined ? view : this.#around(weapon, view);
    // One weapon may be seen in two views.
    if (!this.#held.some((other) => isSame(box, other.box))) this.#held = [...this.#held, { box, left }];
  }

  /** A view of the same size about the weapon. */
  #around({ box: [left, top, width, height] }: Detection, [, , viewWidth, viewHeight]: Box): Box {
    const x = left + width / 2 - viewWidth / 2;
    const y = top + height / 2 - viewHeight / 2;
    return within(x, y, viewWidth, viewHeight, this.#frame);
  }
}

/** Views that are worth a look, the most promising one first. */
function viewsOf(found: readonly Detection[], frame: Size): Box[] {
  const worth = found
    .filter(({ isWeapon, label, score }) =>
      isWeapon ? score >= leastWeaponScore : label === "person" && score >= leastPersonScore,
    )
    .sort((a, b) => interest(b) - interest(a));
  const views: Box[] = [];
  for (const reason of worth) {
    const box = viewAround(reason, frame);
    if (box !== null && !views.some((other) => isSame(box, other))) views.push(box);
  }
  return views;
}

/** What may be a weapon goes before a person who may hold one. */
function interest({ isWeapon, score }: Detection): number {
  return isWeapon ? 2 * score : score;
}

/** @returns null where the whole frame is about as close */
function viewAround({ isWeapon, box }: Detection, frame: Size): Box | null {
  const [left, top, width, height] = box;
  const size = Math.sqrt(width * height) * weaponMargin;
  const wanted = isWeapon
    ? [Math.max(size, width * longWeaponMargin), Math.max(size, height * longWeaponMargin)]
    : [width * personWidth, height * personHeight];
  const least = Math.max(leastShare, wanted[0]! / frame.width, wanted[1]! / frame.height);
  if (least > mostShare) return null;
  const share = Math.ceil(least / shareStep) * shareStep;
  const viewWidth = Math.max(1, Math.round(frame.width * share));
  const viewHeight = Math.max(1, Math.round(frame.height * share));
  const x = left + width / 2 - viewWidth / 2;
  const y = top + height * (isWeapon ? 0.5 : handsAt) - viewHeight / 2;
  return within(x, y, viewWidth, viewHeight, frame);
}

function within(x: number, y: number, width: number, height: number, frame: Size): Box {
  return [evenWithin(x, frame.width - width), evenWithin(y, frame.height - height), width, height];
}

function evenWithin(value: number, most: number): number {
  return Math.min(Math.max(Math.round(value), 0), most) & ~1;
}

function isSame(a: Readonly<Box>, b: Readonly<Box>): boolean {
  const ratio = a[2] / b[2];
  if (ratio > sameSize || ratio < 1 / sameSize) return false;
  const across = Math.abs(a[0] + a[2] / 2 - b[0] - b[2] / 2);
  const down = Math.abs(a[1] + a[3] / 2 - b[1] - b[3] / 2);
  return across < sameCenter * b[2] && down < sameCenter * b[3];
}

/**
 * What a view shows, in pixels of the frame: its weapons, but for those that its edge cuts off where the frame goes on.
 * Everything else is seen as well from afar, and parts of it would be taken for the whole.
 */
export function seenIn(view: Readonly<Box>, detections: readonly Detection[], frame: Size): Detection[] {
  const [left, top, width, height] = view;
  const x = cutMargin * width;
  const y = cutMargin * height;
  return detections
    .filter(({ isWeapon }) => isWeapon)
    .filter(({ box }) => {
      const [boxLeft, boxTop, boxWidth, boxHeight] = box;
      return (
        (boxLeft > x || left === 0) &&
        (boxTop > y || top === 0) &&
        (boxLeft + boxWidth < width - x || left + width >= frame.width - 1) &&
        (boxTop + boxHeight < height - y || top + height >= frame.height - 1)
      );
    })
    .map((detection) => {
      const [boxLeft, boxTop, boxWidth, boxHeight] = detection.box;
      return { ...detection, box: [boxLeft + left, boxTop + top, boxWidth, boxHeight] };
    });
}

/**
 * Joins what several looks at one frame have found. Of two boxes of a class that overlap more than `iou`, the one
 * with the higher score stays.
 * @param looks each without such doubles; the first one at the whole frame
 * @param surer goes before all of them, and is not among the result
 * @returns best first
 */
export function joined(
  looks: readonly (readonly Detection[])[],
  iou: number,
  surer: readonly Detection[] = [],
): Detection[] {
  const found = looks.flatMap((detections, look) => detections.map((detection) => ({ look, detection })));
  found.sort((a, b) => b.detection.score - a.detection.score);
  const kept: typeof found = [];
  for (const one of found) {
    const isKnown =
      kept.some((other) => other.look !== one.look && isSameThing(other.detection, one.detection, iou)) ||
      surer.some((other) => other.isWeapon && isSameThing(other, one.detection, iou));
    if (!isKnown) kept.push(one);
  }
  return kept.map(({ detection }) => detection);
}

function isSameThing(a: Detection, b: Detection, iou: number): boolean {
  return a.label === b.label && intersectionOverUnion(a.box, b.box) > iou;
}
