/** A box in pixels of the original picture: left, top, width, height. Clipped to the picture. */
export type Box = [x: number, y: number, width: number, height: number];

/** One object that the network found. */
export interface Detection {
  /** Index into the model's classes. */
  classId: number;
  /** The class's name: "person", "handgun", … */
  label: string;
  /** 0 … 1. */
  score: number;
  box: Box;
}

/** Where the time of one detection went, milliseconds. */
export interface DetectionTimings {
  letterboxMs: number;
  networkMs: number;
  /** Decoding of boxes and non-maximum suppression. */
  decodeMs: number;
}

/** What the detector says of one frame. */
export interface FrameDetections {
  frameId: number;
  /** Pixels of the frame. */
  width: number;
  height: number;
  capturedAtMs: number;
  /** From `capturedAtMs` to the arrival of this result on the main thread. */
  latencyMs: number;
  timings: DetectionTimings;
  /** Highest score first. */
  detections: Detection[];
}
