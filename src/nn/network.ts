import { wordsFor } from "./bits.ts";
import { type Graph, inputName, inputsOf, type LayerOp, maxExtent } from "./graph.ts";
import type { Kernels } from "./kernels/kernels.ts";
import { planLayer } from "./layers/index.ts";
import type { LayerPlan, Macs, MapData, MapKind, MapPlan } from "./layers/layer.ts";
import { planMemory } from "./memory-plan.ts";
import { invalid, type ModelFile } from "./model-file.ts";
import { elements, type MapShape, shapeText } from "./shape.ts";

/** A part of a run, for measuring: a layer, or several in one pass. */
export interface Step {
  /** Of the layer, or the last of them whose values it gives. */
  readonly name: string;
  /** "sign", "binary_conv affine add prelu sign", "binary_conv affine sign by thresholds" */
  readonly op: string;
  readonly shape: MapShape;
  readonly macs: Macs;
  readonly parameterBytes: number;
  readonly outputBytes: number;
  readonly run: () => void;
}

/** A layer in its place. */
export interface Layer extends Step {
  readonly op: LayerOp | "picture";
  readonly kind: MapKind;
  /** The layer's output; later layers may use the same memory. */
  readonly output: MapData;
}

const mapArrays = {
  real: Float32Array,
  bits: Int32Array,
  planes: Int32Array,
  bytes: Int8Array,
  sums: Int32Array,
} as const;

/** A model may be small and ask for huge maps; a board has 512 MB. */
const mapMemoryLimitBytes = 256 * 1024 * 1024;

/** A network that can be run, whoever computes it. */
export interface Engine {
  readonly name: string;
  /** "reference", or the variant of the native kernels. */
  readonly kernels: string;
  /** Where the picture goes: `channels × height × width` bytes, planar. */
  readonly input: Uint8Array;
  readonly inputShape: MapShape;
  /** Memory of all maps together. */
  readonly mapBytes: number;
  /** What a run consists of, in order. */
  readonly steps: readonly Step[];
  /** Computes all layers from `input`. Allocates nothing. */
  run(): void;
  /** `run()` on a copy of `input`, in a thread of its own; for kernels that can, see `NativeAddon`. */
  runInBackground?(): Promise<void>;
  /** The output of a layer that was asked for; its content changes with each run. */
  output(name: string): { readonly shape: MapShape; readonly data: Float32Array };
}

/**
 * A network ready to run, layer by layer: the graph, its tensors, and one block of memory for all maps, planned once.
 */
export class Network implements Engine {
  readonly name: string;
  readonly kernels: string;
  readonly input: Uint8Array;
  readonly inputShape: MapShape;
  readonly layers: readonly Layer[];
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

    const { plans, offsets, mapBytes: bytes } = planNetwork(graph, model, outputNames);
    const arena = new ArrayBuffer(bytes);
    const outputs = plans.map((plan, i) => {
      const View = mapArrays[plan.kind];
      return new View(arena, offsets[i], mapBytes(plan) / View.BYTES_PER_ELEMENT);
    });

    this.input = new Uint8Array(elements(this.inputShape));
    this.mapBytes = bytes;
    const position = positionsOf(graph);
    this.layers = plans.map((plan, i) => {
      const spec = i === 0 ? undefined : graph.layers[i - 1]!;
      const reads = spec === undefined ? [] : inputsOf(spec).map((name) => outputs[position.get(name)!]!);
      return {
        name: spec?.name ?? inputName,
        op: spec?.op ?? "picture",
        kind: plan.kind,
        shape: plan.shape,
        macs: plan.macs,
        parameterBytes: plan.parameterBytes,
        outputBytes: outputs[i]!.byteLength,
        output: outputs[i]!,
        run:
          spec === undefined
            ? this.#bindInput(graph, kernels, outputs[0]!)
            : plan.bind(kernels, reads, outputs[i]!),
      };
    });
    this.#outputs = new Map(outputNames.map((name) => [name, this.layers[position.get(name)!]!]));
  }

  get steps(): readonly Layer[] {
    return this.layers;
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

  #bindInput(graph: Graph, kernels: Kernels, out: MapData): () => void {
    if (out instanceof Int8Array) return () => kernels.center(this.input, this.inputShape, out);
    const mean = Float32Array.from(graph.input.mean!);
    const scale = Float32Array.from(graph.input.scale!);
    return () => kernels.normalize(this.input, this.inputShape, mean, scale, out as Float32Array);
  }
}

/** The layers of a network and the place of each map in memory, before there is any. */
export interface NetworkPlan {
  readonly plans: readonly LayerPlan[];
  readonly offsets: readonly number[];
  /** Memory of all maps together. */
  readonly mapBytes: number;
}

/**
 * Checks all of a network without making it.
 * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
 */
export function planNetwork(graph: Graph, model: ModelFile, outputNames: readonly string[]): NetworkPlan {
  const plans = planLayers(graph, model);
  checkOutputs(graph, model, plans, outputNames);
  const { offsets, bytes } = planMemory(lifetimesOf(graph, plans, outputNames));
  checkMapMemory(bytes, model);
  return { plans, offsets, mapBytes: bytes };
}

/** @throws XnorcamError XC_MODEL_INVALID when the maps ask for more memory than a board may give */
export function checkMapMemory(bytes: number, model: ModelFile): void {
  if (bytes <= mapMemoryLimitBytes) return;
  throw invalid(
    model.source,
    `its maps ask for ${bytes} bytes of memory, the limit is ${mapMemoryLimitBytes}: choose a smaller input`,
  );
}

/** Map 0 is the picture, real or as bytes, map i the output of layer i − 1. */
function positionsOf(graph: Graph): Map<string, number> {
  return new Map([[inputName, 0], ...graph.layers.map((spec, i): [string, number] => [spec.name, i + 1])]);
}

/**
 * Plans all layers for the graph's input: map 0, then one plan a layer.
 * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
 */
export function planLayers(graph: Graph, model: ModelFile): LayerPlan[] {
  const { width, height, channels } = graph.input;
  const position = positionsOf(graph);
  const picture: LayerPlan = {
    kind: graph.input.mean === undefined ? "bytes" : "real",
    shape: { height, width, channels },
    macs: { real: 0, binary: 0 },
    parameterBytes: 0,
    bind: () => () => {},
  };
  const plans = [picture];
  for (const spec of graph.layers) {
    const inputs: MapPlan[] = inputsOf(spec).map((name) => plans[position.get(name)!]!);
    const plan = planLayer({ spec, inputs, model });
    checkExtents(spec.name, plan.shape, model);
    plans.push(plan);
  }
  return plans;
}

/** No kernels take larger maps. */
function checkExtents(name: string, shape: MapShape, model: ModelFile): void {
  if (Math.max(shape.height, shape.width, shape.channels) <= maxExtent) return;
  const made = `layer ${name} makes a map of ${shapeText(shape)}`;
  throw invalid(model.source, `${made}; the limit is ${maxExtent} in width, height and channels`);
}

/** Bytes of a map. */
export function mapBytes({ kind, shape, planes = 1 }: MapPlan): number {
  const isBits = kind === "bits" || kind === "planes";
  const count = isBits ? planes * shape.height * shape.width * wordsFor(shape.channels) : elements(shape);
  return count * mapArrays[kind].BYTES_PER_ELEMENT;
}

/** @throws XnorcamError XC_MODEL_INVALID when a layer that is to be read is not there or holds no real values */
export function checkOutputs(
  graph: Graph,
  model: ModelFile,
  plans: readonly LayerPlan[],
  outputNames: readonly string[],
): void {
  const position = positionsOf(graph);
  for (const name of outputNames) {
    const i = position.get(name);
    if (i === undefined) throw invalid(model.source, `there is no layer ${name} to read the result from`);
    if (plans[i]!.kind !== "real") {
      throw invalid(model.source, `layer ${name} gives ${plans[i]!.kind}, not real`);
    }
  }
}

function lifetimesOf(graph: Graph, plans: readonly LayerPlan[], outputNames: readonly string[]) {
  const position = positionsOf(graph);
  const until = plans.map((_, i) => i);
  for (const [i, spec] of graph.layers.entries()) {
    for (const name of inputsOf(spec)) until[position.get(name)!] = i + 1;
  }
  for (const name of outputNames) until[position.get(name)!] = plans.length;
  return plans.map((plan, i) => ({
    bytes: mapBytes(plan),
    from: i,
    until: until[i]!,
  }));
}
