import { parentPort, workerData } from "node:worker_threads";
import type { DetectorMessage, DetectorSetup, DetectRequest } from "./detector-messages.ts";
import { FrameDetector, refusal } from "./frame-detector.ts";

/** What `WorkerThread` starts: loads the model, then answers one request at a time. */
function main(setup: DetectorSetup, send: (message: DetectorMessage) => void): void {
  let detector: FrameDetector;
  try {
    detector = new FrameDetector(setup);
  } catch (error) {
    send(refusal(error));
    return;
  }
  parentPort!.on("message", (request: DetectRequest) => {
    send({ type: "detected", ...detector.detect(request) });
  });
  send({ type: "ready", info: detector.info });
}

main(workerData as DetectorSetup, (message) => parentPort!.postMessage(message));
