import type { ArmMode } from "../alarm/settings.ts";

export type EventKind = "alarm" | "sighting" | "test";

/** What is told of an event to the outside; the stored events have these fields and more. Times are ISO 8601 in UTC. */
export interface TellableEvent {
  readonly id: string;
  readonly began: string;
  /** Null while it goes on. */
  readonly ended: string | null;
  readonly kind: EventKind;
  readonly labels: readonly string[];
  readonly zones: readonly string[];
  /** "knife 0.71 in 4 of 6 frames, zone counter, armed away" */
  readonly reason: string;
  /** 0 … 1. */
  readonly bestScore: number;
}

/** What is told of an event, once each: it began, a sighting became an alarm, it ended. */
export type Moment = "began" | "raised" | "ended";

/** One message of an event, the same on every way. */
export interface Notice {
  /** Of this moment of this event, for ever: whoever gets one twice can tell by it. */
  readonly id: string;
  readonly moment: Moment;
  readonly event: TellableEvent & {
    /** What it was when it began: "sighting" where it became an alarm later. */
    readonly beganAs: EventKind;
  };
}

/** Where notices come from. */
export interface NoticeSource {
  /** Calls `tell` for each notice, in order; the next comes when it resolves. */
  start(tell: (notice: Notice) => Promise<void>): Promise<void>;
  /** Idempotent. Resolves when what was being told is told. */
  stop(): Promise<void>;
  /** While it is stopped: nobody is told any more. Whoever is told from a later start on begins with what happens then. */
  forget(): Promise<void>;
}

/** What a remote command may do; the alarm does. */
export interface Commanded {
  /** @param mode without one, that in which it was armed last */
  arm(mode?: ArmMode): void;
  acknowledge(): void;
  test(): void;
}

/** Lines for whoever runs the camera. */
export interface NotifyLog {
  info(line: string): void;
  warn(line: string): void;
}

/** The time in it keeps the id unique where a new database counts from 1 again. */
export function noticeOf(event: TellableEvent, moment: Moment, beganAs: EventKind): Notice {
  const { id, began, ended, kind, labels, zones, reason, bestScore } = event;
  return {
    id: `${Date.parse(began)}-${id}-${moment}`,
    moment,
    event: { id, began, ended, kind, beganAs, labels, zones, reason, bestScore },
  };
}
