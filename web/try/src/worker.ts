import { ModelDetector } from "../../../src/detect/model-detector.ts";
import { messageOf } from "../../../src/errors.ts";
import { ModelFile } from "../../../src/nn/model-file.ts";
import { BrowserKernels } from "./kernels.ts";
import type { Kernels, LoadedModel, Request, Response, Result, Task } from "./messages.ts";
import { PixelReader } from "./pixels.ts";

type LoadTask = Extract<Task, { type: "load" }>;

/** Of most cameras. */
const cameraShape = { width: 640, height: 480 };

/** The detector, in a thread of its own: loads models, and looks at one picture at a time. */
class DetectorWorker {
  readonly #pixels = new PixelReader();
  #kernels: BrowserKernels | null = null;
  #detector: ModelDetector | null = null;

  /** @throws Error with one line for the user */
  async answer(task: Task): Promise<Result> {
    switch (task.type) {
      case "load":
        return { type: "loaded", loaded: await this.#load(task) };
      case "detect":
        return this.#detect(task.picture);
    }
  }

  async #load({ name, bytes, kernels: wanted }: LoadTask): Promise<LoadedModel> {
    const kernels = await this.#loadKernels();
    const detector = new ModelDetector(ModelFile.parse(bytes, name), kernels.backend(wanted));
    // What cannot be run fails here, while the model before is still there.
    detector.engineFor(cameraShape).run();
    this.#detector = detector;
    const { backend, engines, graph, head, file } = detector;
    return {
      name: graph.name,
      bytes: file.bytes,
      classes: head.classes,
      inputWidth: engines.limits.width,
      inputHeight: engines.limits.height,
      kernels: backend.kernels as Kernels,
      available: kernels.available,
      warning: kernels.warning,
    };
  }

  async #loadKernels(): Promise<BrowserKernels> {
    this.#kernels ??= await BrowserKernels.load();
    return this.#kernels;
  }

  #detect(bitmap: ImageBitmap): Result {
    if (this.#detector === null) throw new Error("there is no model yet");
    const start = performance.now();
    const picture = this.#pixels.read(bitmap);
    const pictureMs = performance.now() - start;
    const { detections, timings } = this.#detector.detect(picture);
    const scale = bitmap.width / picture.width;
    const scaled = detections.map((detection) => {
      const [x, y, width, height] = detection.box;
      return {
        ...detection,
        box: [x * scale, y * scale, width * scale, height * scale] as typeof detection.box,
      };
    });
    return { type: "found", picture: bitmap, detections: scaled, timings: { pictureMs, ...timings } };
  }
}

const worker = new DetectorWorker();

self.addEventListener("message", (event: MessageEvent<Request>) => {
  const { id } = event.data;
  void worker
    .answer(event.data)
    .catch((error: unknown): Result => ({ type: "failed", message: messageOf(error) }))
    .then((result) => {
      const response: Response = { id, ...result };
      self.postMessage(response, { transfer: result.type === "found" ? [result.picture] : [] });
    });
});
