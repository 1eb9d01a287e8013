/** Why something was recorded: the alarm went on, a class was seen that the settings ask for, or a test. */
export type EventKind = "alarm" | "sighting" | "test";

/**
 * Where an object was: milliseconds since the event began (negative in the pre-roll), then left, top, width, height
 * as shares of the picture, then the score.
 */
export type PathPoint = readonly [
  sinceBeganMs: number,
  x: number,
  y: number,
  width: number,
  height: number,
  score: number,
];

/** One object of an event. */
export interface EventTrack {
  /** Of the tracker; unique within a run of the program. */
  readonly id: number;
  readonly label: string;
  readonly bestScore: number;
  /** Milliseconds since the event began. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly path: readonly PathPoint[];
}

/** What the alarm decided of an object, when that changed. */
export interface EventDecision {
  /** Milliseconds since the event began. */
  readonly atMs: number;
  /** Null for what no object caused: a test, the panic button. */
  readonly trackId: number | null;
  readonly raises: boolean;
  /** "knife 0.71 in 4 of 6 frames, zone counter, armed away" */
  readonly reason: string;
}

/** What is known of an event while it goes on, and when it has ended. */
export interface EventFacts {
  /** Milliseconds since 1970 by the clock on the wall, which may have been set back since an earlier event. */
  readonly beganMs: number;
  /** Null while it goes on; never before `beganMs`. */
  readonly endedMs: number | null;
  readonly kind: EventKind;
  readonly labels: readonly string[];
  readonly zones: readonly string[];
  readonly reason: string;
  /** 0 … 1 */
  readonly bestScore: number;
  readonly tracks: readonly EventTrack[];
  readonly decisions: readonly EventDecision[];
}

/** What people may change of an event. */
export interface EventChange {
  readonly acknowledged?: boolean | undefined;
  /** A pinned event is never removed to make room. */
  readonly pinned?: boolean | undefined;
  readonly note?: string | undefined;
}

/** An event as it is told to the outside, without the paths of its objects. Times are ISO 8601 in UTC. */
export interface EventSummary extends EventMedia {
  /** A whole number; counts up in the order in which events were recorded, whatever the clock on the wall says. */
  id: string;
  began: string;
  ended: string | null;
  kind: EventKind;
  labels: string[];
  zones: string[];
  reason: string;
  bestScore: number;
  acknowledged: boolean;
  pinned: boolean;
  note: string;
  tracks: TrackSummary[];
}

export interface TrackSummary {
  id: number;
  label: string;
  bestScore: number;
  firstSeen: string;
  lastSeen: string;
}

/** An event with everything that is kept of it. */
export interface EventDetails extends Omit<EventSummary, "tracks"> {
  tracks: (TrackSummary & { path: readonly PathPoint[] })[];
  decisions: { at: string; trackId: number | null; raises: boolean; reason: string }[];
}

/** Which events are asked for; what is left out does not narrow the search. */
export interface EventQuery {
  class?: string | undefined;
  zone?: string | undefined;
  kind?: EventKind | undefined;
  /** Began at this time or later, milliseconds since 1970. */
  fromMs?: number | undefined;
  /** Began before this time. */
  toMs?: number | undefined;
  pinned?: boolean | undefined;
  /** Recorded before the event with this id. */
  before?: number | undefined;
  /** 1 … 200 */
  limit: number;
}

export interface EventPage {
  /** The newest first. */
  events: EventSummary[];
  /** For `before`, to get the next page; null where there is none. */
  next: string | null;
}

/** Which files there are of an event. */
export interface EventMedia {
  still: boolean;
  clip: boolean;
}

/** What is kept, for the status. */
export interface EventUsage {
  events: number;
  /** Of stills and clips. */
  bytes: number;
}

/** How recording goes, for the status. */
export interface EventsReport extends EventUsage {
  /** Why events are not kept at the moment, in one line; null while all is well. */
  problem: string | null;
  /** Writes that were given up since the disk was too slow. */
  dropped: number;
}

/** What the server asks of what was recorded. Ids are those of `EventSummary`, as numbers. */
export interface EventArchive {
  /** Folder of the stills, `ID.jpg`, and clips, `ID.avi`. */
  readonly mediaFolder: string;
  find(query: EventQuery): Promise<EventPage>;
  /** @returns null where there is none */
  get(id: number): Promise<EventDetails | null>;
  /** @returns the event as it is now, on disk; null where there is none */
  change(id: number, change: EventChange): Promise<EventSummary | null>;
  /** Removes an event, pinned or not. @returns whether there was one */
  remove(id: number): Promise<boolean>;
  /** Which files there are of an event; null where there is none. */
  media(id: number): Promise<EventMedia | null>;
  /** When each picture of a finished clip was taken, in milliseconds since the event began; null where there is none. */
  frameTimes(id: number): Promise<number[] | null>;
  /** One picture of a finished clip, as a JPEG; null where there is none. @param index from 0 on */
  frame(id: number, index: number): Promise<Uint8Array | null>;
}
