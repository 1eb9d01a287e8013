import type { Detection } from "../detect/detection.ts";

export interface AlarmSettings {
  /** Labels that count: `["handgun", "rifle", "knife"]`. */
  readonly classes: readonly string[];
  /** Frames among the last `n` in which one of the classes must have been seen. 1 … `n`. */
  readonly k: number;
  /** Length of the window in detected frames. */
  readonly n: number;
  /** Milliseconds for which the alarm stays on after the last frame that fulfilled "k of n". */
  readonly holdMs: number;
}

/** The decision, and why. All times are milliseconds of the clock that the caller passes in. */
export interface AlarmState {
  readonly active: boolean;
  /** When this alarm began; null while it is off. */
  readonly sinceMs: number | null;
  /** When it will end if no further frame fulfills the condition; null while it is off. */
  readonly untilMs: number | null;
  /** "rifle 0.71 in 3 of 5 frames": the best sighting in the window; null while it is off. */
  readonly reason: string | null;
}

const off: AlarmState = { active: false, sinceMs: null, untilMs: null, reason: null };

/** Marks a frame of the window without a sighting: below any score. */
const notSeen = -1;

/**
 * Decides from detections alone when the alarm is on: k of the last n frames, then a hold. Pure: it has no
 * clock and no outputs. A frame more or less in the window never shortens an alarm that is already on.
 */
export class AlarmPolicy {
  readonly #settings: AlarmSettings;
  readonly #classes: ReadonlySet<string>;
  /** Ring of the last n frames: the best score of a class that counts, or `notSeen`. */
  readonly #scores: Float64Array;
  readonly #labels: string[];
  #next = 0;
  #frames = 0;
  #state = off;

  /** @throws RangeError unless 1 ≤ k ≤ n and holdMs ≥ 0. */
  constructor(settings: AlarmSettings) {
    const { k, n, holdMs } = settings;
    if (!Number.isInteger(k) || !Number.isInteger(n) || k < 1 || k > n) {
      throw new RangeError(`alarm: k of n must be whole numbers with 1 ≤ k ≤ n, got ${k} of ${n}`);
    }
    if (!(holdMs >= 0)) throw new RangeError(`alarm: holdMs must be 0 or more, got ${holdMs}`);
    this.#settings = settings;
    this.#classes = new Set(settings.classes);
    this.#scores = new Float64Array(n).fill(notSeen);
    this.#labels = new Array<string>(n).fill("");
  }

  get state(): AlarmState {
    return this.#state;
  }

  /** Takes the detections of one frame (already above the detector's threshold) and decides anew. */
  update(detections: readonly Detection[], nowMs: number): AlarmState {
    this.tick(nowMs);
    this.#remember(detections);
    const reason = this.#reason();
    if (reason === null) return this.#state;
    this.#state = {
      active: true,
      sinceMs: this.#state.sinceMs ?? nowMs,
      untilMs: nowMs + this.#settings.holdMs,
      reason,
    };
    return this.#state;
  }

  /** Ends the alarm when its hold is over. */
  tick(nowMs: number): AlarmState {
    if (this.#state.untilMs !== null && nowMs >= this.#state.untilMs) this.#state = off;
    return this.#state;
  }

  #remember(detections: readonly Detection[]): void {
    let best = notSeen;
    let label = "";
    for (const detection of detections) {
      if (detection.score <= best || !this.#classes.has(detection.label)) continue;
      best = detection.score;
      label = detection.label;
    }
    this.#scores[this.#next] = best;
    this.#labels[this.#next] = label;
    this.#next = (this.#next + 1) % this.#settings.n;
    this.#frames = Math.min(this.#frames + 1, this.#settings.n);
  }

  /** Why the condition holds now, or null where it does not. */
  #reason(): string | null {
    let hits = 0;
    let best = 0;
    for (let i = 0; i < this.#scores.length; i++) {
      if (this.#scores[i] === notSeen) continue;
      hits++;
      if (this.#scores[i]! > this.#scores[best]!) best = i;
    }
    if (hits < this.#settings.k) return null;
    const frames = this.#frames === 1 ? "frame" : "frames";
    return `${this.#labels[best]} ${this.#scores[best]!.toFixed(2)} in ${hits} of ${this.#frames} ${frames}`;
  }
}
