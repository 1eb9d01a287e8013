import type { Sighting } from "./sighting.ts";

/** The last n frames of one object: in which of them it was sighted. */
export class TrackWindow {
  /** Ring; null for a frame in which nothing counted. */
  readonly #frames: (Sighting | null)[] = [];
  readonly #length: number;
  #next = 0;
  /** Why the last detection did not count. */
  refusal: string | null = null;
  /** Somebody has said that this object is known. */
  acknowledged = false;

  constructor(length: number) {
    this.#length = length;
  }

  add(sighting: Sighting | null): void {
    this.#frames[this.#next] = sighting;
    this.#next = (this.#next + 1) % this.#length;
  }

  get frames(): number {
    return this.#frames.length;
  }

  get hits(): number {
    return this.#frames.reduce((sum, frame) => sum + (frame === null ? 0 : 1), 0);
  }

  /** The sighting with the highest score; null when there is none. */
  get best(): Sighting | null {
    return this.#frames.reduce(
      (best, frame) => (frame !== null && (best === null || frame.score > best.score) ? frame : best),
      null,
    );
  }

  /** Whether a sighting reaches the score of its class; a class without one confirms itself. */
  isConfirmed(scores: Readonly<Record<string, number>>): boolean {
    return this.#frames.some((frame) => frame !== null && frame.score >= (scores[frame.label] ?? 0));
  }

  /** "knife 0.71 in 4 of 6 frames, zone counter"; null when nothing was sighted. */
  describe(): string | null {
    const { best, frames, hits } = this;
    if (best === null) return null;
    const zone = best.zone === null ? "" : `, zone ${best.zone}`;
    return `${best.label} ${best.score.toFixed(2)} in ${hits} of ${frames} ${frames === 1 ? "frame" : "frames"}${zone}`;
  }
}
