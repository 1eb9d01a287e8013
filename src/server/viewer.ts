/** Somebody who watches. The hub asks before each frame whether a viewer keeps up, and never waits for one. */
export interface Viewer {
  /** Which picture it wants: "clean" where the page draws the boxes, "boxed" where they are drawn in. */
  readonly picture: "clean" | "boxed";
  /** Whether a frame sent now would go out at once instead of queueing behind earlier ones. */
  isReady(): boolean;
  /** Whether it looks at the picture and asks for no pause between two frames that still runs. */
  wantsFrame(nowMs: number): boolean;
  /** How much smaller the picture of a frame of this width may be without a loss that the viewer could see. */
  divisorFor(frameWidth: number): 1 | 2;
  /** Milliseconds for which it has not taken what it was sent; 0 if it keeps up. */
  stalledMs(nowMs: number): number;
  /** `message` is the detections of the frame as JSON. */
  sendFrame(message: string, jpeg: Buffer): void;
  /** JSON that belongs to no picture; ignored where the format has no place for it. */
  sendMessage(message: string): void;
  /** Ends the connection in the polite way of its protocol. */
  close(): void;
  /** Ends the connection at once and drops what was not sent. */
  cutOff(): void;
}
