import type { Detection, DetectionTimings } from "../../../src/detect/detection.ts";

/** What computes: a variant in WebAssembly, or the plain TypeScript that defines the truth. */
export type Kernels = "wasm" | "wasm-plain" | "reference";

/** Page → worker. Each is answered by one message of its number. */
export type Request = { readonly id: number } & Task;

export type Task =
  /** Takes the bytes of a model file over; `name` is for messages. A model that fails leaves the one before in place. */
  | {
      readonly type: "load";
      readonly name: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly kernels: Kernels | null;
    }
  /** The picture is the worker's until it answers. */
  | { readonly type: "detect"; readonly picture: ImageBitmap };

/** What the detector says of itself. */
export interface LoadedModel {
  readonly name: string;
  /** Of its file. */
  readonly bytes: number;
  readonly classes: readonly string[];
  /** Pixels of the largest input. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  readonly kernels: Kernels;
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
