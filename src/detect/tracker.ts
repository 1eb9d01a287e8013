import type { Box, Detection, FrameDetections } from "./detection.ts";
import { FollowedObject } from "./followed-object.ts";
import { intersectionOverUnion } from "./nms.ts";
import type { TrackedFrame } from "./track.ts";

/** Down to this share of its class's threshold a detection helps to follow an object. */
export const weakShare = 0.5;

/** An object that was not seen for longer than either is given up; a new one there gets a new id. */
const longestMissed = 10; // frames
const longestLostMs = 5000;

/** Overlap of the buffered boxes from which a detection may be an object: sure ones, and weak ones. */
const leastOverlap = 0.1;
const leastOverlapWeak = 0.3;

/** By which share of its sides a box is widened on each side before it is compared. */
const buffer = 0.5;

/** Of two weapon boxes that overlap more, the lower is the same thing by another name. */
const sameWeaponIou = 0.5;

/** Sides below this share of the frame's width count as that long where motion is judged. */
const leastSide = 1 / 20;

/**
 * Follows objects over frames and gives each a number that stays. In the manner of ByteTrack (Zhang et al. 2022):
 * a Kalman filter predicts where each object is; sure detections choose among all objects, then weak ones among
 * those that are still without and were in sight before; only a sure one starts a new object.
 *
 * Two things are for a camera of few frames a second that looks for small objects: boxes are widened before
 * their overlap is taken (C-BIoU, Yang et al. 2023), or a weapon that moves by its own length would be a new
 * object in each frame; and weapons are one kind, since a network takes the same one for a handgun here and a
 * rifle there. Pairs are chosen best first, which differs from the optimal assignment only in a crowd.
 *
 * Pure: time is that of the frames.
 */
export class Tracker {
  #objects: FollowedObject[] = [];
  #nextId = 1;
  #lastMs: number | null = null;

  /** Takes the next frame. Frames must come in the order of `capturedAtMs`. */
  update(frame: FrameDetections): TrackedFrame {
    const { capturedAtMs: nowMs, width } = frame;
    const seconds = Math.max(0, nowMs - (this.#lastMs ?? nowMs)) / 1000;
    this.#lastMs = nowMs;
    this.#objects = this.#objects.filter(({ lastSeenMs }) => nowMs - lastSeenMs <= longestLostMs);
    for (const object of this.#objects) object.predict(seconds);

    const shortest = width * leastSide;
    const sure = withoutSecondNames(frame.detections);
    const { pairs, objects, detections } = pair(this.#objects, sure, shortest, leastOverlap);
    const weak = withoutSecondNames([...sure, ...frame.weak]).filter(
      (detection) => !sure.includes(detection),
    );
    const inSight = objects.filter(({ missed }) => missed === 1);
    const weakPairs = pair(inSight, weak, shortest, leastOverlapWeak).pairs;
    for (const [object, detection] of pairs) object.see(detection, false, nowMs);
    for (const [object, detection] of weakPairs) object.see(detection, true, nowMs);

    this.#objects = this.#objects.filter(({ missed }) => missed <= longestMissed);
    for (const detection of detections) {
      this.#objects.push(new FollowedObject(this.#nextId++, detection, shortest, nowMs));
    }
    return { ...frame, tracks: this.#objects.map((object) => object.track()) };
  }
}

interface Pairing {
  pairs: [FollowedObject, Detection][];
  /** What is left without a partner, in the order given. */
  objects: FollowedObject[];
  detections: Detection[];
}

function pair(
  objects: readonly FollowedObject[],
  detections: readonly Detection[],
  shortest: number,
  least: number,
): Pairing {
  const wideObjects = objects.map(({ box }) => widened(box, shortest));
  const wideDetections = detections.map(({ box }) => widened(box, shortest));
  const possible: { object: number; detection: number; overlap: number }[] = [];
  for (let object = 0; object < objects.length; object++) {
    for (let detection = 0; detection < detections.length; detection++) {
      if (!sameKind(objects[object]!, detections[detection]!)) continue;
      const overlap = intersectionOverUnion(wideObjects[object]!, wideDetections[detection]!);
      if (overlap >= least) possible.push({ object, detection, overlap });
    }
  }
  // The sort is stable, so that of equals the older object and the surer detection go first.
  possible.sort((a, b) => b.overlap - a.overlap);
  const takenObjects = new Set<number>();
  const takenDetections = new Set<number>();
  const pairs: Pairing["pairs"] = [];
  for (const { object, detection } of possible) {
    if (takenObjects.has(object) || takenDetections.has(detection)) continue;
    takenObjects.add(object);
    takenDetections.add(detection);
    pairs.push([objects[object]!, detections[detection]!]);
  }
  return {
    pairs,
    objects: objects.filter((_, i) => !takenObjects.has(i)),
    detections: detections.filter((_, i) => !takenDetections.has(i)),
  };
}

function sameKind(object: FollowedObject, { isWeapon, label }: Detection): boolean {
  return object.isWeapon ? isWeapon : object.label === label;
}

function widened([left, top, width, height]: Box, shortest: number): Box {
  const x = buffer * Math.max(width, shortest);
  const y = buffer * Math.max(height, shortest);
  return [left - x, top - y, width + 2 * x, height + 2 * y];
}

/** @param detections best first */
function withoutSecondNames(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections) {
    const again =
      detection.isWeapon &&
      kept.some((other) => other.isWeapon && intersectionOverUnion(other.box, detection.box) > sameWeaponIou);
    if (!again) kept.push(detection);
  }
  return kept;
}
