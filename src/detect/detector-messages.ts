import type { ErrorCode } from "../errors.ts";
import type { Sensitivity } from "./head.ts";
import type { Detected } from "./model-detector.ts";

/** What the detector's thread is started with. */
export interface DetectorSetup {
  readonly modelPath: string;
  /** The model's operating point; "normal" without it. */
  readonly sensitivity?: Sensitivity;
  /** In place of the model's own thresholds. */
  readonly threshold?: number;
  /** Closer looks at each frame, at most; none without it. */
  readonly closerLooks?: number;
}

/** To the detector's thread: look at this frame. `buffer` is shared, and the thread's until it answers. */
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

/** From the detector's thread. */
export type DetectorMessage =
  | { readonly type: "ready"; readonly info: DetectorInfo }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly message: string }
  | ({ readonly type: "detected" } & Detected);

/** Where frames are looked at, one after the other. */
export interface DetectorThread {
  /** Answered by a message "detected". */
  post(request: DetectRequest): void;
  /** No message comes after it. */
  stop(): Promise<void>;
}

export interface DetectorThreadEvents {
  /** At first "ready" or "refused". */
  onMessage(message: DetectorMessage): void;
  /** It is over: it was refused or stopped, or broke on `cause`. */
  onEnd(cause: unknown): void;
}
