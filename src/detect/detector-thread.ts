import { Worker } from "node:worker_threads";
import { type Backend, chooseBackend } from "../nn/backend.ts";
import { inProject } from "../project-folder.ts";
import type {
  DetectorMessage,
  DetectorSetup,
  DetectorThread,
  DetectorThreadEvents,
  DetectRequest,
} from "./detector-messages.ts";
import { FrameDetector, refusal } from "./frame-detector.ts";
import type { Detected } from "./model-detector.ts";

// Also for tests of src/, the compiled worker: Node 20 runs no TypeScript.
const workerFile = inProject("dist/detect/detector-worker.js");

/**
 * Starts the thread that computes. The native kernels bring one of their own; JavaScript and WebAssembly need a worker,
 * which is another JavaScript engine and costs 8 MB.
 */
export function startDetectorThread(setup: DetectorSetup, events: DetectorThreadEvents): DetectorThread {
  let backend: Backend;
  try {
    backend = chooseBackend({ loadWasm: leaveToWorker });
  } catch {
    // Nor will the worker find kernels, and it has the way to say so.
    return new WorkerThread(setup, events);
  }
  return backend.addon?.runInBackground === undefined
    ? new WorkerThread(setup, events)
    : new NativeThread(setup, backend, events);
}

/** It loads and tests those in WebAssembly itself. */
function leaveToWorker(): never {
  throw new Error("WebAssembly is for the worker");
}

/** Letterboxes and decodes in this thread, a few milliseconds of each look at a frame; the network runs in the addon's. */
class NativeThread implements DetectorThread {
  readonly #events: DetectorThreadEvents;
  #detector: FrameDetector | undefined;
  /** Settles when the addon's thread is done. */
  #work: Promise<void> = Promise.resolve();
  readonly #ended = new AbortController();

  constructor(setup: DetectorSetup, backend: Backend, events: DetectorThreadEvents) {
    this.#events = events;
    // Whoever started it is to know it before it says anything.
    setImmediate(() => this.#load(setup, backend));
  }

  post(request: DetectRequest): void {
    this.#work = this.#detect(request);
  }

  async stop(): Promise<void> {
    this.#end(undefined);
    await this.#work;
  }

  #load(setup: DetectorSetup, backend: Backend): void {
    if (this.#ended.signal.aborted) return;
    let detector: FrameDetector;
    try {
      detector = new FrameDetector(setup, backend);
    } catch (error) {
      this.#say(refusal(error));
      this.#end(error);
      return;
    }
    this.#detector = detector;
    this.#say({ type: "ready", info: detector.info });
  }

  async #detect(request: DetectRequest): Promise<void> {
    let detected: Detected;
    try {
      detected = await this.#detector!.detectInBackground(request, this.#ended.signal);
    } catch (error) {
      this.#end(error);
      return;
    }
    this.#say({ type: "detected", ...detected });
  }

  #say(message: DetectorMessage): void {
    if (!this.#ended.signal.aborted) this.#events.onMessage(message);
  }

  #end(cause: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#events.onEnd(cause);
  }
}

/** All in a worker. */
class WorkerThread implements DetectorThread {
  readonly #worker: Worker;

  constructor(setup: DetectorSetup, { onMessage, onEnd }: DetectorThreadEvents) {
    this.#worker = new Worker(workerFile, { workerData: setup });
    let cause: unknown;
    this.#worker.on("message", onMessage);
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#worker.on("exit", () => onEnd(cause));
  }

  post(request: DetectRequest): void {
    this.#worker.postMessage(request);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
