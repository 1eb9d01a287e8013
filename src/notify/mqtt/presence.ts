import type { Clock } from "../../clock.ts";
import type { TrackedFrame } from "../../detect/track.ts";

/** Frames in which an object must have been seen: a single one is often a mistake. */
const leastSightings = 3;
/** A class counts as in sight for so long after it was seen last: who turns away is not gone. */
const holdMs = 5000;

/** Which classes are in sight, armed or not; tells when that changes, also where no more frames come. */
export class Presence {
  readonly #clock: Clock;
  readonly #tell: (label: string, isSeen: boolean) => void;
  /** When each class that is in sight was seen last. */
  readonly #lastSeenMs = new Map<string, number>();
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock, tell: (label: string, isSeen: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  update({ tracks }: Pick<TrackedFrame, "tracks">): void {
    for (const { label, seen, weak, sightings } of tracks) {
      if (seen === null || weak || sightings < leastSightings) continue;
      const isNew = !this.#lastSeenMs.has(label);
      this.#lastSeenMs.set(label, this.#clock.now());
      if (!isNew) continue;
      this.#tell(label, true);
      this.#lookAgain(label, holdMs);
    }
  }

  /** Idempotent. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#lastSeenMs.clear();
  }

  #lookAgain(label: string, inMs: number): void {
    const cancel = this.#clock.after(inMs, () => {
      const goneMs = this.#clock.now() - this.#lastSeenMs.get(label)!;
      if (goneMs < holdMs) return this.#lookAgain(label, holdMs - goneMs);
      this.#cancels.delete(label);
      this.#lastSeenMs.delete(label);
      this.#tell(label, false);
    });
    this.#cancels.set(label, cancel);
  }
}
