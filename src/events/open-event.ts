import { round } from "../round.ts";
import type { EventDecision, EventFacts, EventKind, EventTrack, PathPoint } from "./event.ts";
import type { EventKey } from "./store-messages.ts";

/** An object in one frame. */
export interface SeenObject {
  readonly trackId: number;
  readonly label: string;
  readonly score: number;
  /** Left, top, width, height as shares of the picture. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** More of any of these says nothing new, and an event may go on for hours. */
const mostTracks = 50;
const mostDecisions = 200;
const mostPoints = 300;

interface OpenTrack extends Omit<EventTrack, "path"> {
  label: string;
  bestScore: number;
  firstSeenMs: number;
  lastSeenMs: number;
  path: PathPoint[];
  /** One sighting of so many becomes a point; doubled whenever the path is full. */
  every: number;
  sightings: number;
}

/** What gathers of an event while it goes on. Times that go in are of the clock that is never set. */
export class OpenEvent {
  readonly key: EventKey;
  kind: EventKind;
  reason: string;
  readonly beganAtMs: number;
  /** The last time that there was something to record. */
  lastMs: number;
  readonly #beganMs: number;
  readonly #labels = new Set<string>();
  readonly #zones = new Set<string>();
  readonly #tracks = new Map<number, OpenTrack>();
  readonly #decisions: EventDecision[] = [];
  readonly #raising = new Map<number | null, boolean>();
  #bestScore = 0;
  #endedMs: number | null = null;

  /** @param timeMs of the clock on the wall, which may be set while the event goes on: all else counts from here */
  constructor(key: EventKey, kind: EventKind, reason: string, nowMs: number, timeMs: number) {
    this.key = key;
    this.kind = kind;
    this.reason = reason;
    this.beganAtMs = nowMs;
    this.lastMs = nowMs;
    this.#beganMs = timeMs;
  }

  /** Milliseconds since it began, negative in the pre-roll. */
  since(nowMs: number): number {
    return Math.round(nowMs - this.beganAtMs);
  }

  /** Objects of a frame, wanted or not: the player shows them. */
  see(objects: readonly SeenObject[], atMs: number): void {
    const sinceMs = this.since(atMs);
    for (const { trackId, label, score, box } of objects) {
      let track = this.#tracks.get(trackId);
      if (track === undefined) {
        if (this.#tracks.size >= mostTracks) continue;
        const seenOnce = { firstSeenMs: sinceMs, lastSeenMs: sinceMs, path: [], every: 1, sightings: 0 };
        track = { id: trackId, label, bestScore: score, ...seenOnce };
        this.#tracks.set(trackId, track);
      }
      track.label = label;
      track.bestScore = Math.max(track.bestScore, score);
      track.lastSeenMs = sinceMs;
      if (track.sightings++ % track.every !== 0) continue;
      track.path.push([sinceMs, ...box, score]);
      if (track.path.length < mostPoints) continue;
      track.path = track.path.filter((_, index) => index % 2 === 0);
      track.every *= 2;
    }
  }

  /** What the event is about. @returns whether that is new */
  note(label: string | null, zone: string | null, score: number): boolean {
    const before = this.#labels.size + this.#zones.size;
    if (label !== null) this.#labels.add(label);
    if (zone !== null) this.#zones.add(zone);
    this.#bestScore = Math.max(this.#bestScore, score);
    return this.#labels.size + this.#zones.size > before;
  }

  /** @returns whether that is news, and not the same decision of the next frame */
  decide(trackId: number | null, raises: boolean, reason: string, atMs: number): boolean {
    if (this.#raising.get(trackId) === raises || this.#decisions.length >= mostDecisions) return false;
    this.#raising.set(trackId, raises);
    this.#decisions.push({ atMs: this.since(atMs), trackId, raises, reason });
    return true;
  }

  end(atMs: number): void {
    this.#endedMs = this.#beganMs + Math.max(0, this.since(atMs));
  }

  /** @param changedSinceMs only of tracks that were seen since; the disk has the others as they are */
  facts(changedSinceMs = Number.NEGATIVE_INFINITY): EventFacts {
    const sinceMs = this.since(changedSinceMs);
    const changed = [...this.#tracks.values()].filter(({ lastSeenMs }) => lastSeenMs >= sinceMs);
    return {
      beganMs: this.#beganMs,
      endedMs: this.#endedMs,
      kind: this.kind,
      labels: [...this.#labels],
      zones: [...this.#zones],
      reason: this.reason,
      bestScore: round(this.#bestScore, 4),
      // Copies: they may wait for the disk while the event goes on.
      tracks: changed.map(({ every: _, sightings: __, ...track }) => ({ ...track, path: [...track.path] })),
      decisions: [...this.#decisions],
    };
  }
}
