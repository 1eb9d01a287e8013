import type { ErrorCode } from "../errors.ts";
import type {
  EventChange,
  EventDetails,
  EventFacts,
  EventMedia,
  EventPage,
  EventQuery,
  EventSummary,
  EventUsage,
} from "./event.ts";
import type { KeepLimits } from "./keeper.ts";

/** In the folder of the events: the database, and the folder of stills and clips. */
export const databaseName = "events.db";
export const mediaName = "media";

/** What the thread that owns the disk is started with. */
export interface StoreSetup {
  /** Folder of the database; it is there. */
  folder: string;
  limits: KeepLimits;
}

/** What an event is called until it has an id: a number of this run. */
export type EventKey = number;

/** Something to write. They are done in order. */
export type StoreWrite =
  | { type: "begin"; key: EventKey; facts: EventFacts; still: Uint8Array | null }
  | { type: "update"; key: EventKey; facts: EventFacts; still: Uint8Array | null }
  | { type: "frame"; key: EventKey; jpeg: Uint8Array; sinceBeganMs: number; width: number; height: number }
  /** The clip is as long as it may be; the event goes on. */
  | { type: "clip"; key: EventKey; facts: EventFacts }
  | { type: "end"; key: EventKey; facts: EventFacts }
  | { type: "change"; id: number; change: EventChange }
  | { type: "remove"; id: number }
  /** Looks whether something is too old or too much. */
  | { type: "keep" };

/** Something to read. */
export type StoreRead =
  | { type: "find"; query: EventQuery }
  | { type: "get"; id: number }
  | { type: "media"; id: number }
  | { type: "frameTimes"; id: number }
  | { type: "frameJpeg"; id: number; index: number };

/** Ends the thread, after what came before. */
export interface StoreClose {
  type: "close";
}

/** What each request is answered with. */
export interface StoreAnswers {
  /** Null where the event is not on disk, since the disk took it not. */
  begin: EventSummary | null;
  update: EventSummary | null;
  frame: null;
  clip: EventSummary | null;
  end: EventSummary | null;
  change: EventSummary | null;
  remove: boolean;
  keep: null;
  find: EventPage;
  get: EventDetails | null;
  media: EventMedia | null;
  frameTimes: number[] | null;
  frameJpeg: Uint8Array | null;
}

export type StoreRequest = (StoreWrite | StoreRead | StoreClose) & { sequence: number };

/** What the thread says. */
export type StoreMessage =
  | { type: "ready" }
  | { type: "refused"; code: ErrorCode; message: string }
  | { type: "answer"; sequence: number; value: unknown }
  | { type: "failed"; sequence: number; message: string }
  | { type: "usage"; usage: EventUsage }
  /** Why the disk can't keep what it should; null when it can again. */
  | { type: "trouble"; line: string | null };
