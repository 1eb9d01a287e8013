import type { ErrorCode } from "../errors.ts";
import type { Detection, DetectionTimings } from "./detection.ts";
import type { Sensitivity } from "./head.ts";

/** What the detector's worker is started with. */
export interface WorkerSetup {
  readonly modelPath: string;
  /** The model's operating point; "normal" without it. */
  readonly sensitivity?: Sensitivity;
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
  /** For a class, the score that confirms detections of it; empty where the model does not say. */
  readonly confirmScores: Readonly<Record<string, number>>;
  /** Pixels of the largest input; a picture of another shape needs less of it. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** "reference", or a variant of the native kernels. */
  readonly kernels: string;
  /** Why it is slower than it could be, and what to do; null when all is well. */
  readonly kernelsWarning: string | null;
}

/** Worker → main thread. */
export type WorkerMessage =
  | { readonly type: "ready"; readonly info: DetectorInfo }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly message: string }
  | {
      readonly type: "detected";
      readonly detections: Detection[];
      readonly weak: Detection[];
      readonly timings: DetectionTimings;
    };
