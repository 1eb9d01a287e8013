import { wordsFor } from "./bits.ts";
import { type Graph, inputName, inputsOf, type LayerOp } from "./graph.ts";
import type { Kernels } from "./kernels/kernels.ts";
import { planLayer } from "./layers/index.ts";
import type { LayerPlan, MapData, MapKind, MapPlan } from "./layers/layer.ts";
import { planMemory } from "./memory-plan.ts";
import { invalid, type ModelFile } from "./model-file.ts";
import { elements, type MapShape } from "./shape.ts";

/** A layer in its place. */
export interface Layer {
  readonly name: string;
  readonly op: LayerOp | "normalize";
  readonly kind: MapKind;
  readonly shape: MapShape;
  readonly macs: { readonly real: number; readonly binary: number };
  readonly parameterBytes: number;
  readonly outputBytes: number;
  /** The layer's output; later layers may use the same memory. */
  readonly output: MapData;
  readonly run: () => void;
}

/** A model may be small and ask for huge maps; a board has 512 MB. */
const mapMemoryLimitBytes = 256 * 1024 * 1024;

/**
 * A network ready to run: the graph, its tensors, and one block of memory for all maps, planned once.
 */
export class Network {
  readonly name: string;
  readonly kernels: string;
  /** Where the picture goes: `channels × height × width` bytes, planar. */
  readonly input: Uint8Array;
  readonly inputShape: MapShape;
  readonly layers: readonly Layer[];
  /** Memory of all maps together. */
  readonly mapBytes: number;
  readonly #outputs: ReadonlyMap<string, Layer>;

  /**
   * @param outputNames layers whose output is read after `run()`
   * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
   */
  constructor(graph: Graph, model: ModelFile, kernels: Kernels, outputNames: readonly string[]) {
    const { width, height, channels } = graph.input;
    this.name = graph.name;
    this.kernels = kernels.name;
    this.inputShape = { height, width, channels };

    const plans = planLayers(graph, model);
    const lifetimes = lifetimesOf(graph, model, plans, outputNames);
    const memory = planMemory(lifetimes);
    if (memory.bytes > mapMemoryLimitBytes) {
      throw invalid(
        model.source,
        `its maps ask for ${memory.bytes} bytes of memory, the limit is ${mapMemoryLimitBytes}: choose a smaller input`,
      );
    }
    const arena = new ArrayBuffer(memory.bytes);
    const outputs = plans.map(({ kind }, i) => {
      const view = kind === "real" ? Float32Array : Int32Array;
      return new view(arena, memory.offsets[i], lifetimes[i]!.bytes / 4);
    });

    this.input = new Uint8Array(elements(this.inputShape));
    this.mapBytes = memory.bytes;
    const position = positionsOf(graph);
    this.layers = plans.map((plan, i) => {
      const spec = i === 0 ? undefined : graph.layers[i - 1]!;
      const reads = spec === undefined ? [] : inputsOf(spec).map((name) => outputs[position.get(name)!]!);
      return {
        name: spec?.name ?? inputName,
        op: spec?.op ?? "normalize",
        kind: plan.kind,
        shape: plan.shape,
        macs: plan.macs,
        parameterBytes: plan.parameterBytes,
        outputBytes: lifetimes[i]!.bytes,
        output: outputs[i]!,
        run:
          spec === undefined
            ? this.#bindInput(graph, kernels, outputs[0] as Float32Array)
            : plan.bind(kernels, reads, outputs[i]!),
      };
    });
    this.#outputs = new Map(outputNames.map((name) => [name, this.layers[position.get(name)!]!]));
  }

  /**
   * Computes all layers from `input`. Allocates nothing.
   * @param observe called behind each layer, while its output stands
   */
  run(observe?: (layer: Layer) => void): void {
    for (const layer of this.layers) {
      layer.run();
      observe?.(layer);
    }
  }

  /** The output of one of the `outputNames`; its content changes with each run. */
  output(name: string): { readonly shape: MapShape; readonly data: Float32Array } {
    const layer = this.#outputs.get(name);
    if (layer === undefined) throw new RangeError(`${name} is not an output of ${this.name}`);
    return { shape: layer.shape, data: layer.output as Float32Array };
  }

  #bindInput(graph: Graph, kernels: Kernels, out: Float32Array): () => void {
    const mean = Float32Array.from(graph.input.mean);
    const scale = Float32Array.from(graph.input.scale);
    return () => kernels.normalize(this.input, this.inputShape, mean, scale, out);
  }
}

/** Map 0 is the normalized picture, map i the output of layer i − 1. */
function positionsOf(graph: Graph): Map<string, number> {
  return new Map([[inputName, 0], ...graph.layers.map((spec, i): [string, number] => [spec.name, i + 1])]);
}

function planLayers(graph: Graph, model: ModelFile): LayerPlan[] {
  const { width, height, channels } = graph.input;
  const position = positionsOf(graph);
  const picture: LayerPlan = {
    kind: "real",
    shape: { height, width, channels },
    macs: { real: 0, binary: 0 },
    parameterBytes: 0,
    bind: () => () => {},
  };
  const plans = [picture];
  for (const spec of graph.layers) {
    const inputs: MapPlan[] = inputsOf(spec).map((name) => plans[position.get(name)!]!);
    plans.push(planLayer({ spec, inputs, model }));
  }
  return plans;
}

function lifetimesOf(
  graph: Graph,
  model: ModelFile,
  plans: readonly LayerPlan[],
  outputNames: readonly string[],
) {
  const position = positionsOf(graph);
  const until = plans.map((_, i) => i);
  for (const [i, spec] of graph.layers.entries()) {
    for (const name of inputsOf(spec)) until[position.get(name)!] = i + 1;
  }
  for (const name of outputNames) {
    const i = position.get(name);
    if (i === undefined) throw invalid(model.source, `there is no layer ${name} to read the result from`);
    if (plans[i]!.kind !== "real")
      throw invalid(model.source, `layer ${name} gives ${plans[i]!.kind}, not real`);
    until[i] = plans.length;
  }
  return plans.map(({ kind, shape }, i) => ({
    bytes: 4 * (kind === "bits" ? shape.height * shape.width * wordsFor(shape.channels) : elements(shape)),
    from: i,
    until: until[i]!,
  }));
}
