import { i420Bytes, type Picture } from "../camera/frame.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { type Backend, warningLine } from "../nn/backend.ts";
import type { DetectorInfo, DetectorMessage, DetectorSetup, DetectRequest } from "./detector-messages.ts";
import { Gaze } from "./gaze.ts";
import { confirmScoresAt, quieterThresholds } from "./head.ts";
import type { Detected, DetectOptions } from "./model-detector.ts";
import { PictureDetector } from "./picture-detector.ts";
import { weakShare } from "./tracker.ts";

/** A model, set up as the camera wants it: what the detector's thread runs, whichever kind it is. */
export class FrameDetector {
  readonly info: DetectorInfo;
  readonly #detector: PictureDetector;
  readonly #options: DetectOptions;

  /** @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID, XC_KERNELS_UNAVAILABLE */
  constructor(setup: DetectorSetup, backend?: Backend) {
    const { modelPath, sensitivity = "normal", threshold, closerLooks = 0 } = setup;
    this.#detector = PictureDetector.load(modelPath, backend);
    const { engines, graph, head } = this.#detector;
    const { kernels, warning } = this.#detector.backend;
    const thresholds = this.#detector.thresholdsAt(sensitivity);
    this.#options = {
      weakShare,
      ...(threshold === undefined ? { thresholds } : { threshold }),
      ...(closerLooks > 0
        ? { gaze: new Gaze(closerLooks), closerThresholds: quieterThresholds(head, sensitivity) }
        : {}),
    };
    this.info = {
      modelName: graph.name,
      classes: head.classes,
      weapons: head.weapons,
      confirmScores: threshold === undefined ? confirmScoresAt(head, sensitivity) : {},
      inputWidth: engines.limits.width,
      inputHeight: engines.limits.height,
      kernels,
      kernelsWarning: warning === undefined ? null : warningLine(warning),
    };
  }

  detect(request: DetectRequest): Detected {
    return this.#detector.detect(pictureOf(request), this.#options);
  }

  /** The same with the network in a thread of its own, see `ModelDetector`. */
  detectInBackground(request: DetectRequest, signal?: AbortSignal): Promise<Detected> {
    return this.#detector.detectInBackground(pictureOf(request), this.#options, signal);
  }
}

/** Why there is no detector. */
export function refusal(error: unknown): DetectorMessage {
  const code = error instanceof XnorcamError ? error.code : "XC_DETECTOR_FAILED";
  return { type: "refused", code, message: messageOf(error) };
}

function pictureOf({ buffer, width, height }: DetectRequest): Picture {
  return { width, height, data: new Uint8Array(buffer, 0, i420Bytes(width, height)) };
}
