import type { InputLimits } from "../image/letterbox.ts";
import type { Graph } from "../nn/graph.ts";
import type { Backend } from "../nn/kernel-backend.ts";
import { invalid, type ModelFile } from "../nn/model-file.ts";
import { type Engine, type NetworkPlan, planNetwork } from "../nn/network.ts";
import type { LevelOutput } from "./decode.ts";
import { type DetectionHead, outputChannels } from "./head.ts";

/** A camera has one window; folders of pictures have a few. */
const keptEngines = 8;

/** The network on a window of some size, and where its detections are read. */
export interface WindowEngine {
  readonly engine: Engine;
  readonly levels: readonly LevelOutput[];
}

/** One engine for each size of the network's input, made when it is needed; those used last are kept. */
export class WindowEngines {
  readonly limits: InputLimits;
  /** Of the largest window. */
  readonly plan: NetworkPlan;
  readonly #graph: Graph;
  readonly #file: ModelFile;
  readonly #head: DetectionHead;
  readonly #backend: Backend;
  readonly #outputNames: readonly string[];
  /** Used last: last. */
  readonly #engines = new Map<string, WindowEngine>();

  /** @throws XnorcamError XC_MODEL_INVALID when the network cannot run on one of its windows */
  constructor(file: ModelFile, graph: Graph, head: DetectionHead, backend: Backend) {
    this.#file = file;
    this.#graph = graph;
    this.#head = head;
    this.#backend = backend;
    this.#outputNames = head.outputs.map(({ layer }) => layer);
    this.limits = limitsOf(graph, head);
    const { width, height, multiple } = this.limits;
    this.plan = this.#planFor(width, height);
    if (multiple === undefined) return;
    // A window has at least one side of full length.
    this.#planFor(width, multiple);
    this.#planFor(multiple, height);
  }

  /** The engine for a window of this size, in pixels. */
  engineFor(width: number, height: number): WindowEngine {
    const key = `${width}×${height}`;
    const found = this.#engines.get(key) ?? this.#create(width, height);
    this.#engines.delete(key);
    this.#engines.set(key, found);
    if (this.#engines.size > keptEngines) this.#engines.delete(this.#engines.keys().next().value!);
    return found;
  }

  #create(width: number, height: number): WindowEngine {
    const engine = this.#backend.createEngine(this.#graphFor(width, height), this.#file, this.#outputNames);
    const levels = this.#head.outputs.map(({ layer, ...level }) => {
      const { shape, data } = engine.output(layer);
      return { data, width: shape.width, height: shape.height, ...level };
    });
    return { engine, levels };
  }

  #planFor(width: number, height: number): NetworkPlan {
    const graph = this.#graphFor(width, height);
    const plan = planNetwork(graph, this.#file, this.#outputNames);
    for (const output of this.#head.outputs) {
      const { layer: name } = output;
      const needed = outputChannels(output, this.#head.classes.length);
      const { channels } = plan.plans[graph.layers.findIndex((layer) => layer.name === name) + 1]!.shape;
      if (channels !== needed) {
        const message = `layer ${name} has ${channels} channels, its classes need ${needed}`;
        throw invalid(this.#file.source, message);
      }
    }
    return plan;
  }

  #graphFor(width: number, height: number): Graph {
    return { ...this.#graph, input: { ...this.#graph.input, width, height } };
  }
}

/** Windows are whole cells of the coarsest level; a network whose own input is not has this one window. */
function limitsOf({ input: { width, height } }: Graph, { outputs }: DetectionHead): InputLimits {
  const multiple = Math.max(...outputs.map(({ stride }) => stride));
  const isWhole = width % multiple === 0 && height % multiple === 0;
  return isWhole ? { width, height, multiple } : { width, height };
}
