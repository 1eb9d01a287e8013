import type { ErrorCode } from "../errors.ts";
import type { Detection, DetectionTimings } from "./detection.ts";

/** What the detector's worker is started with. */
export interface WorkerSetup {
  readonly modelPath: string;
  /** In place of the model's own thresholds. */
  readonly threshold?: number;
}

/** Main thread → worker: look at this frame. `buffer` is shared, and the worker's until it answers. */
export interface DetectRequest {
  readonly buffer: SharedArrayBuffer;
  readonly width: number;
  readonly height: number;
}

/** What a detector says of itself once its model is loaded. */
export interface DetectorInfo {
  readonly modelName: string;
  readonly classes: readonly string[];
  /** Classes that raise an alarm by default. */
  readonly weapons: readonly string[];
  /** Pixels. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** "reference", … */
  readonly kernels: string;
}

/** Worker → main thread. */
export type WorkerMessage =
  | { readonly type: "ready"; readonly info: DetectorInfo }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly message: string }
  | {
      readonly type: "detected";
      readonly detections: Detection[];
      readonly timings: DetectionTimings;
    };
