import type { Frame } from "./frame.ts";

/** A camera, or what stands for one. Frames come one at a time, at the source's own pace. */
export interface FrameSource {
  /** For logs and the page: "replay of models/demo (12 pictures, 10 fps)". */
  readonly description: string;
  readonly stats: FrameSourceStats;
  /**
   * Begins to deliver frames. `onFrame` must not block; the frame's bytes are valid only until it returns.
   * @throws XnorcamError when the source cannot work at all (nothing to play, no camera, no ffmpeg).
   */
  start(onFrame: (frame: Frame) => void): Promise<void>;
  /**
   * Idempotent; no frame is delivered after it resolves, and nothing is left running. A `start` that is under
   * way ends.
   */
  stop(): Promise<void>;
}

export interface FrameSourceStats {
  /** Frames handed to `onFrame`. */
  delivered: number;
  /** Pictures or frames that could not be read and were passed over. */
  broken: number;
}
