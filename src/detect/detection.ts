import { round } from "../round.ts";

/** A box in pixels of the original picture: left, top, width, height. Clipped to the picture. */
export type Box = [x: number, y: number, width: number, height: number];

/** One object that the network found. */
export interface Detection {
  /** The class's name: "person", "handgun", … */
  label: string;
  /** Whether the model counts the class among its weapons. */
  isWeapon: boolean;
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
  /** Those below their class's threshold, down to half of it: for the tracker, no one else. Highest score first. */
  weak: Detection[];
}

/** A detection as it is told to the outside: score to four digits, box to tenths of a pixel. */
export function plainDetection({ label, score, box }: Detection): Pick<Detection, "label" | "score" | "box"> {
  const [x, y, width, height] = box;
  return {
    label,
    score: round(score, 4),
    box: [round(x, 1), round(y, 1), round(width, 1), round(height, 1)],
  };
}
