import type { Detection, DetectionTimings } from "../../../src/detect/detection.ts";

/** A row of models.json, which `scripts/try.mjs` writes. */
export interface ModelEntry {
  readonly name: string;
  /** Beside models.json. */
  readonly file: string;
  readonly bytes: number;
}

/** What computes: a variant in WebAssembly, or the plain TypeScript that defines the truth. */
export type Kernels = "wasm" | "wasm-plain" | "reference";

/** Page → worker. Each is answered by one message of its number. */
export type Request = { readonly id: number } & Task;

export type Task =
  | { readonly type: "load"; readonly modelUrl: string; readonly kernels: Kernels | null }
  /** The picture is the worker's until it answers. */
  | { readonly type: "detect"; readonly picture: ImageBitmap };

/** What the detector says of itself. */
export interface LoadedModel {
  readonly name: string;
  readonly classes: readonly string[];
  /** Pixels of the largest input. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  readonly kernels: string;
  /** What this browser can compute with, the best first. */
  readonly available: readonly Kernels[];
  /** Why it is slower than it could be; null when all is well. */
  readonly warning: string | null;
}

/** Where the time of one picture went, milliseconds. */
export interface PictureTimings extends DetectionTimings {
  /** Reading the pixels out of the browser's picture, to planes of YUV. */
  readonly pictureMs: number;
}

/** What was found in a picture; boxes in its pixels. */
export interface Found {
  /** The picture, given back to be shown. */
  readonly picture: ImageBitmap;
  readonly detections: readonly Detection[];
  readonly timings: PictureTimings;
}

/** Worker → page. */
export type Response = { readonly id: number } & Result;

export type Result =
  | { readonly type: "loaded"; readonly loaded: LoadedModel }
  | ({ readonly type: "found" } & Found)
  /** The request failed; one line for the user. */
  | { readonly type: "failed"; readonly message: string };
