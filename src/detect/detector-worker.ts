import { parentPort, workerData } from "node:worker_threads";
import { i420Bytes } from "../camera/frame.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import type { DetectRequest, WorkerMessage, WorkerSetup } from "./detector-messages.ts";
import { PictureDetector } from "./picture-detector.ts";

/** The detector's thread: loads the model, then answers one request at a time. */
function main(setup: WorkerSetup, send: (message: WorkerMessage) => void): void {
  let detector: PictureDetector;
  try {
    detector = PictureDetector.load(setup.modelPath);
  } catch (error) {
    const code = error instanceof XnorcamError ? error.code : "XC_DETECTOR_FAILED";
    send({ type: "refused", code, message: messageOf(error) });
    return;
  }
  const { head, network } = detector;
  parentPort!.on("message", ({ buffer, width, height }: DetectRequest) => {
    const data = new Uint8Array(buffer, 0, i420Bytes(width, height));
    const options = setup.threshold === undefined ? {} : { threshold: setup.threshold };
    send({ type: "detected", ...detector.detect({ width, height, data }, options) });
  });
  send({
    type: "ready",
    info: {
      modelName: network.name,
      classes: head.classes,
      weapons: head.weapons,
      inputWidth: network.inputShape.width,
      inputHeight: network.inputShape.height,
      kernels: network.kernels,
    },
  });
}

main(workerData as WorkerSetup, (message) => parentPort!.postMessage(message));
