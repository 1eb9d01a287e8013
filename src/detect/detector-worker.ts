import { parentPort, workerData } from "node:worker_threads";
import { i420Bytes } from "../camera/frame.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { warningLine } from "../nn/backend.ts";
import type { DetectRequest, WorkerMessage, WorkerSetup } from "./detector-messages.ts";
import { confirmScoresAt } from "./head.ts";
import { PictureDetector } from "./picture-detector.ts";
import { weakShare } from "./tracker.ts";

/** The detector's thread: loads the model, then answers one request at a time. */
function main(setup: WorkerSetup, send: (message: WorkerMessage) => void): void {
  let detector: PictureDetector;
  let thresholds: readonly number[];
  try {
    detector = PictureDetector.load(setup.modelPath);
    thresholds = detector.thresholdsAt(setup.sensitivity ?? "normal");
  } catch (error) {
    const code = error instanceof XnorcamError ? error.code : "XC_DETECTOR_FAILED";
    send({ type: "refused", code, message: messageOf(error) });
    return;
  }
  const { backend, engines, graph, head } = detector;
  parentPort!.on("message", ({ buffer, width, height }: DetectRequest) => {
    const data = new Uint8Array(buffer, 0, i420Bytes(width, height));
    const { threshold } = setup;
    const options = threshold === undefined ? { weakShare, thresholds } : { weakShare, threshold };
    send({ type: "detected", ...detector.detect({ width, height, data }, options) });
  });
  send({
    type: "ready",
    info: {
      modelName: graph.name,
      classes: head.classes,
      weapons: head.weapons,
      confirmScores:
        setup.threshold === undefined ? confirmScoresAt(head, setup.sensitivity ?? "normal") : {},
      inputWidth: engines.limits.width,
      inputHeight: engines.limits.height,
      kernels: backend.kernels,
      kernelsWarning: backend.warning === undefined ? null : warningLine(backend.warning),
    },
  });
}

main(workerData as WorkerSetup, (message) => parentPort!.postMessage(message));
