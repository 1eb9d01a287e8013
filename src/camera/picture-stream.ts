import type { XnorcamError } from "../errors.ts";
import type { Picture } from "./frame.ts";

/** Pictures one after another, as fast as they are asked for. */
export interface PictureStream {
  /** What it is made of: "12 pictures", "video". */
  readonly contents: string;
  /**
   * The next picture, null after the last one. Its bytes are valid until the next call.
   * @throws XnorcamError when nothing at all can be read.
   */
  next(): Promise<Picture | null>;
  /** Idempotent. A `next` that is under way settles. */
  close(): Promise<void>;
}

export interface PictureStreamOptions {
  /** Start again after the last picture instead of ending. */
  readonly loop: boolean;
  /** Something that could not be read was passed over. Called each time, so for the same file in each loop. */
  onBroken(error: XnorcamError): void;
}
