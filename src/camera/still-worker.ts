import { parentPort, workerData } from "node:worker_threads";
import { libcamera } from "node-libcamera";
import { messageOf } from "../errors.ts";

/** Runs in a thread of its own, whose PATH has the names that node-libcamera calls; see still.ts. */
const answer = await libcamera.still(workerData).then(
  () => null,
  (error: unknown) => messageOf(error),
);
parentPort?.postMessage(answer);
