import { readFileSync, statSync } from "node:fs";
import type { Picture } from "../camera/frame.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { Letterbox } from "../image/letterbox.ts";
import { type Graph, readGraph } from "../nn/graph.ts";
import type { Kernels } from "../nn/kernels/kernels.ts";
import { createReferenceKernels } from "../nn/kernels/reference.ts";
import { invalid, ModelFile } from "../nn/model-file.ts";
import { Network } from "../nn/network.ts";
import { decode, type LevelOutput } from "./decode.ts";
import type { Detection, DetectionTimings } from "./detection.ts";
import { boxSides, type DetectionHead, readDetectionHead } from "./head.ts";
import { suppress } from "./nms.ts";

/** Finds the objects of one picture after another, on the calling thread. */
export class PictureDetector {
  readonly file: ModelFile;
  readonly graph: Graph;
  readonly head: DetectionHead;
  readonly network: Network;
  readonly #letterbox: Letterbox;
  readonly #levels: readonly LevelOutput[];

  private constructor(
    file: ModelFile,
    graph: Graph,
    network: Network,
    head: DetectionHead,
    levels: readonly LevelOutput[],
  ) {
    this.file = file;
    this.graph = graph;
    this.network = network;
    this.head = head;
    this.#levels = levels;
    this.#letterbox = new Letterbox(network.inputShape.width, network.inputShape.height);
  }

  /**
   * Reads and checks a model.
   * @throws XnorcamError XC_MODEL_UNREADABLE when there is no such file, XC_MODEL_INVALID when it is no model
   *   that this program can run; names the file and the field or tensor
   */
  static load(modelPath: string, kernels: Kernels = createReferenceKernels()): PictureDetector {
    const model = loadModelFile(modelPath);
    const graph = readGraph(model);
    if (graph.input.channels !== 3) {
      throw invalid(modelPath, `graph.input.channels is ${graph.input.channels}, a picture has 3 (Y, U, V)`);
    }
    const head = readDetectionHead(graph, modelPath);
    const network = new Network(
      graph,
      model,
      kernels,
      head.outputs.map(({ layer }) => layer),
    );
    const levels = head.outputs.map(({ layer, stride }) => {
      const { shape, data } = network.output(layer);
      if (shape.channels !== head.classes.length + boxSides) {
        const needed = head.classes.length + boxSides;
        throw invalid(modelPath, `layer ${layer} has ${shape.channels} channels, its classes need ${needed}`);
      }
      return { data, width: shape.width, height: shape.height, stride };
    });
    return new PictureDetector(model, graph, network, head, levels);
  }

  /**
   * @param options.threshold 0 … 1, in place of the model's own thresholds a class
   * @returns detections best first, boxes in pixels of `picture`, and where the time went
   */
  detect(
    picture: Picture,
    options: { readonly threshold?: number } = {},
  ): { detections: Detection[]; timings: DetectionTimings } {
    const { head, network } = this;
    const start = performance.now();
    const geometry = this.#letterbox.apply(picture, network.input);
    const letterboxed = performance.now();
    network.run();
    const computed = performance.now();
    const thresholds = head.thresholds.map((own) => options.threshold ?? own);
    const boxes = suppress(decode(this.#levels, head, thresholds), head.nmsIou, head.maxDetections);
    const detections = boxes.map(({ classId, score, box: inputBox }) => {
      const label = head.classes[classId]!;
      const box = geometry.toPicture(inputBox);
      return { label, isWeapon: head.weapons.includes(label), score, box };
    });
    return {
      // What lies in the padding is nowhere in the picture.
      detections: detections.filter(({ box }) => box[2] > 0 && box[3] > 0),
      timings: {
        letterboxMs: letterboxed - start,
        networkMs: computed - letterboxed,
        decodeMs: performance.now() - computed,
      },
    };
  }
}

const modelLimitBytes = 64 * 1024 * 1024;

/**
 * Reads a model file from disk.
 * @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID
 */
function loadModelFile(path: string): ModelFile {
  try {
    const { size } = statSync(path);
    if (size > modelLimitBytes) {
      throw invalid(
        path,
        `is ${size} bytes long, the limit is ${modelLimitBytes}: not a model of this program`,
      );
    }
    return ModelFile.parse(readFileSync(path), path);
  } catch (error) {
    if (error instanceof XnorcamError) throw error;
    throw new XnorcamError("XC_MODEL_UNREADABLE", `cannot read the model ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
