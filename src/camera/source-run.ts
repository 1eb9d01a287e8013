import type { XnorcamError } from "../errors.ts";
import type { Picture } from "./frame.ts";

/** One life of a program that reads a camera: from its start until it exits or has to be ended. */
export interface SourceRun {
  /** Resolves when the first frame was handed over; never, where none is. */
  readonly delivering: Promise<void>;
  /** Resolves, with why, when the process is gone. */
  readonly ended: Promise<XnorcamError>;
  /** Whether at least one frame was handed over. */
  readonly hasDelivered: boolean;
  /** Ends the process at once and waits for it. */
  kill(): Promise<void>;
}

export interface SourceRunListener {
  /**
   * A whole frame; its bytes are valid only during the call, unless they are exchanged for others.
   * @param completeMs when its last byte was there, by `performance.now()`
   */
  onFrame(picture: Picture, completeMs: number, exchange?: (other: SharedArrayBuffer) => void): void;
  /** Bytes that belong to no frame were passed over. */
  onBroken(): void;
  /** One line for the log. */
  warn(line: string): void;
}
