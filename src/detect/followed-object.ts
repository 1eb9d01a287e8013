import { AxisFilter } from "./axis-filter.ts";
import type { Box, Detection } from "./detection.ts";
import type { Track } from "./track.ts";

/** Detected boxes stray by this share of the object's size. */
const measurementStd = 0.1;
/** Sizes a second that an object moves at when it appears, and by which its velocity strays in a second. */
const velocityStd = 3;
const driftStd = 2;
/** A box's size follows the measured one by this share: sizes change slowly, and their trend would only run away. */
const sizeGain = 0.5;

/** The state behind a track: where the object is, how it moves, and what it was taken for. */
export class FollowedObject {
  readonly id: number;
  readonly isWeapon: boolean;
  /** Frames since it was last seen. */
  missed = 0;
  lastSeenMs: number;
  readonly #x: AxisFilter;
  readonly #y: AxisFilter;
  #width: number;
  #height: number;
  /** The least size by which motion is judged: that of a small object in a hand is many times its own. */
  readonly #leastSize: number;
  /** Sum of the scores, a class. */
  readonly #votes = new Map<string, number>();
  #label: string;
  #sightings = 0;
  #seen: Detection | null = null;
  #weak = false;

  constructor(id: number, detection: Detection, leastSize: number, nowMs: number) {
    const [left, top, width, height] = detection.box;
    this.id = id;
    this.isWeapon = detection.isWeapon;
    this.lastSeenMs = nowMs;
    this.#leastSize = leastSize;
    this.#width = width;
    this.#height = height;
    this.#label = detection.label;
    const size = this.#size;
    this.#x = new AxisFilter(left + width / 2, measurementStd * size, velocityStd * size);
    this.#y = new AxisFilter(top + height / 2, measurementStd * size, velocityStd * size);
    this.#count(detection, false, nowMs);
  }

  get label(): string {
    return this.#label;
  }

  get box(): Box {
    const { position: x } = this.#x;
    const { position: y } = this.#y;
    return [x - this.#width / 2, y - this.#height / 2, this.#width, this.#height];
  }

  /** Moves on to the next frame, in which it counts as not seen until `see`. */
  predict(seconds: number): void {
    const drift = driftStd * this.#size;
    this.#x.predict(seconds, drift);
    this.#y.predict(seconds, drift);
    this.#seen = null;
    this.#weak = false;
    this.missed++;
  }

  see(detection: Detection, weak: boolean, nowMs: number): void {
    const [left, top, width, height] = detection.box;
    const std = measurementStd * this.#size;
    this.#x.correct(left + width / 2, std);
    this.#y.correct(top + height / 2, std);
    this.#width += sizeGain * (width - this.#width);
    this.#height += sizeGain * (height - this.#height);
    this.#count(detection, weak, nowMs);
  }

  track(): Track {
    return {
      id: this.id,
      label: this.#label,
      isWeapon: this.isWeapon,
      box: this.box,
      velocity: [this.#x.velocity, this.#y.velocity],
      sightings: this.#sightings,
      seen: this.#seen,
      weak: this.#weak,
    };
  }

  get #size(): number {
    return Math.max(this.#leastSize, Math.sqrt(this.#width * this.#height));
  }

  #count(detection: Detection, weak: boolean, nowMs: number): void {
    const votes = (this.#votes.get(detection.label) ?? 0) + detection.score;
    this.#votes.set(detection.label, votes);
    if (votes > this.#votes.get(this.#label)!) this.#label = detection.label;
    this.#seen = detection;
    this.#weak = weak;
    this.#sightings++;
    this.missed = 0;
    this.lastSeenMs = nowMs;
  }
}
