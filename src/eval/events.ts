import { AlarmPolicy } from "../alarm/policy.ts";
import type { AlarmSettings } from "../alarm/settings.ts";
import type { Box, Detection } from "../detect/detection.ts";
import { intersectionOverUnion } from "../detect/nms.ts";
import { Tracker } from "../detect/tracker.ts";

/** What was seen in one frame, and where the weapons really are. */
export interface PlayedFrame {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly detections: readonly Detection[];
  readonly weak: readonly Detection[];
  readonly weapons: readonly Box[];
}

/** What tracker and alarm made of a row of frames. Frames are counted from 0. */
export interface PlayOutcome {
  readonly frames: number;
  /** The first with a labeled weapon; null where there is none. */
  readonly firstWeapon: number | null;
  /** The first in which the alarm was on for a labeled weapon; null where it never was. */
  readonly alarm: number | null;
  /** Of that alarm. */
  readonly reason: string | null;
  /** Alarms that no labeled weapon had raised when they ended. */
  readonly withoutCause: readonly { readonly frame: number; readonly reason: string }[];
}

/** A track that overlapped a labeled weapon by so much in one frame is that weapon: tracks of small things stray. */
const causeIou = 0.1;

/** Plays frames through tracker and alarm, frame by frame, as the camera does. */
export class EventPlayer {
  readonly #tracker = new Tracker();
  readonly #policy: AlarmPolicy;
  readonly #periodMs: number;
  /** Tracks that are labeled weapons. */
  readonly #weaponTracks = new Set<number>();
  readonly #withoutCause: { frame: number; reason: string }[] = [];
  #frames = 0;
  #firstWeapon: number | null = null;
  #alarm: number | null = null;
  #reason: string | null = null;
  /** The alarm that is on and that no labeled weapon has raised so far. */
  #open: { frame: number; reason: string } | null = null;
  #wasActive = false;

  constructor(settings: AlarmSettings, fps: number) {
    this.#policy = new AlarmPolicy(settings);
    this.#periodMs = 1000 / fps;
  }

  /** @returns whether the alarm is on */
  play({ width, height, detections, weak, weapons }: PlayedFrame): boolean {
    const frame = this.#frames++;
    const nowMs = frame * this.#periodMs;
    const tracked = this.#tracker.update({
      frameId: frame + 1,
      width,
      height,
      capturedAtMs: nowMs,
      latencyMs: 0,
      timings: { letterboxMs: 0, networkMs: 0, decodeMs: 0 },
      detections: [...detections],
      weak: [...weak],
    });
    if (weapons.length > 0) this.#firstWeapon ??= frame;
    for (const { id, seen } of tracked.tracks) {
      const isOne = seen !== null && weapons.some((box) => intersectionOverUnion(box, seen.box) >= causeIou);
      if (isOne) this.#weaponTracks.add(id);
    }
    const state = this.#policy.update(tracked, nowMs);
    if (!state.active) {
      this.#close();
      this.#wasActive = false;
      return false;
    }
    if (!this.#wasActive) this.#open = { frame, reason: state.reason! };
    this.#wasActive = true;
    const cause = state.alarms.find(({ trackId }) => this.#weaponTracks.has(trackId));
    if (cause !== undefined) {
      this.#open = null;
      this.#alarm ??= frame;
      this.#reason ??= cause.reason;
    }
    return true;
  }

  /** What happened so far; an alarm that is still on counts as ended. */
  outcome(): PlayOutcome {
    this.#close();
    return {
      frames: this.#frames,
      firstWeapon: this.#firstWeapon,
      alarm: this.#alarm,
      reason: this.#reason,
      withoutCause: this.#withoutCause,
    };
  }

  #close(): void {
    if (this.#open !== null) this.#withoutCause.push(this.#open);
    this.#open = null;
  }
}
