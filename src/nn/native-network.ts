import type { Stage } from "./fuse.ts";
import type { Graph } from "./graph.ts";
import type { NativeAddon } from "./kernels/addon.ts";
import type { LayerPlan } from "./layers/layer.ts";
import type { ModelFile } from "./model-file.ts";
import { checkMapMemory, checkOutputs, type Engine, mapBytes, planLayers, type Step } from "./network.ts";
import { compile, writtenMaps } from "./program.ts";
import { elements, type MapShape } from "./shape.ts";

/** A network that the native kernels run, its layers joined to stages (`fuse.ts`). */
export class NativeNetwork implements Engine {
  readonly name: string;
  readonly kernels: string;
  readonly input: Uint8Array;
  readonly inputShape: MapShape;
  readonly mapBytes: number;
  readonly steps: readonly Step[];
  readonly #addon: NativeAddon;
  readonly #network: object;
  /** All outputs, one after the other. */
  readonly #output: Float32Array;
  readonly #outputs: ReadonlyMap<string, { shape: MapShape; data: Float32Array }>;

  /**
   * @param variant one of `addon.variants()`
   * @param outputNames layers whose output is read after `run()`
   * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
   */
  constructor(
    graph: Graph,
    model: ModelFile,
    addon: NativeAddon,
    variant: string,
    outputNames: readonly string[],
  ) {
    const { width, height, channels } = graph.input;
    const layerPlans = planLayers(graph, model);
    checkOutputs(graph, model, layerPlans, outputNames);
    const { program, tensors, mapBytes, stages, plans } = compile(graph, model, layerPlans, outputNames);
    checkMapMemory(mapBytes, model);
    this.name = graph.name;
    this.kernels = variant;
    this.inputShape = { height, width, channels };
    this.input = new Uint8Array(elements(this.inputShape));
    this.mapBytes = mapBytes;
    this.#addon = addon;
    this.#network = addon.createNetwork(program, tensors, variant);
    this.steps = stages.map((stage, i) => {
      const { op, ...fields } = describeStage(stage, graph, plans);
      const hasThresholds = addon.hasThresholds(this.#network, i);
      return {
        ...fields,
        op: hasThresholds ? `${op} by thresholds` : op,
        run: () => this.#addon.runStage(this.#network, i, this.input),
      };
    });
    const shapes = outputNames.map((name) => {
      const layer = graph.layers.findIndex((spec) => spec.name === name);
      return plans[layer + 1]!.shape;
    });
    this.#output = new Float32Array(shapes.reduce((sum, shape) => sum + elements(shape), 0));
    let from = 0;
    this.#outputs = new Map(
      outputNames.map((name, i) => {
        const shape = shapes[i]!;
        const data = this.#output.subarray(from, from + elements(shape));
        from += elements(shape);
        return [name, { shape, data }];
      }),
    );
  }

  run(): void {
    this.#addon.run(this.#network, this.input, this.#output);
  }

  /** @throws Error where the addon cannot, or the network is running */
  runInBackground(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#addon.runInBackground === undefined)
        throw new Error(`${this.kernels} kernels have no threads`);
      this.#addon.runInBackground(this.#network, this.input, this.#output, resolve);
    });
  }

  output(name: string): { readonly shape: MapShape; readonly data: Float32Array } {
    const output = this.#outputs.get(name);
    if (output === undefined) throw new RangeError(`${name} is not an output of ${this.name}`);
    return output;
  }
}

function describeStage(stage: Stage, graph: Graph, plans: readonly LayerPlan[]): Omit<Step, "run"> {
  const layers = stage.layers.map((name) => graph.layers.findIndex((spec) => spec.name === name));
  const own = layers.map((i) => plans[i + 1]!);
  const maps = writtenMaps(stage, plans);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    name: stage.conv?.name ?? stage.layers.at(-1) ?? "input",
    op: layers.map((i) => graph.layers[i]!.op).join(" ") || "picture",
    shape: plans[stage.value]!.shape,
    macs: { real: sum(own.map(({ macs }) => macs.real)), binary: sum(own.map(({ macs }) => macs.binary)) },
    parameterBytes: sum(own.map(({ parameterBytes }) => parameterBytes)),
    outputBytes: sum(maps.map((map) => mapBytes(plans[map]!))),
  };
}
