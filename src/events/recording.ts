import type { OpenEvent } from "./open-event.ts";

/** An event that is being recorded: what is still to be done for it. */
export interface Recording {
  readonly event: OpenEvent;
  /** Its row is on its way to the disk, so that its clip and what changes can follow. */
  begun: boolean;
  /** The next frame becomes its still. */
  wantsStill: boolean;
  /** A still is being made. */
  stilling: boolean;
  /** Number of the next frame of its clip. */
  nextFrame: number;
  /** Its clip is as long as it may be. */
  clipOver: boolean;
  /** Number of the frame before which its clip ends. */
  endFrame: number;
  /** It is over; the last frames of its clip are on their way. */
  ending: boolean;
  /** When what changed since was last sent to the disk. */
  sentMs: number;
  /** Something changed that nobody should wait for. */
  hasNews: boolean;
}
