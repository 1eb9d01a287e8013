import { fuse, isConvolutionOfIntegers, type MapIndex, mapsRead, type Stage } from "./fuse.ts";
import { type Graph, inputName } from "./graph.ts";
import type { LayerPlan } from "./layers/layer.ts";
import { planMemory } from "./memory-plan.ts";
import type { ModelFile } from "./model-file.ts";
import { mapBytes } from "./network.ts";
import { elements } from "./shape.ts";

/** A network as the native kernels read it: `src/native/xnor.h` describes the bytes. */
export interface Program {
  readonly program: Uint8Array;
  readonly tensors: Uint8Array;
  /** Memory of all maps together, bytes. */
  readonly mapBytes: number;
  readonly stages: readonly Stage[];
  /** Of each map as the stages use it: what is pooled as signs is no real map any more. */
  readonly plans: readonly LayerPlan[];
}

const magic = 0x524f4e58;
const version = 5;
const maxOutputs = 8;
const none = -1;

const sources = [
  ...(["none", "bytes", "picture", "real", "sums", "conv", "int8_conv", "binary_conv"] as const),
  ...(["plane_conv", "ternary_conv", "binary_weight_conv", "real_binary_weight_conv"] as const),
  ...(["activation_scale", "batch_norm", "max_pool", "channels", "logistic", "sign_pool"] as const),
] as const;
const shortcuts = ["none", "same", "mean", "twice"] as const;

/** The fields of a stage, in the order of `struct xnor_stage`. */
const stageFields = [
  ...(["source", "input", "inHeight", "inWidth", "inChannels", "height", "width", "channels"] as const),
  ...(["kernel", "stride", "padding", "outside", "weight", "scale", "bias"] as const),
  ...(["shortcut", "shortcutMap", "shortcutHeight", "shortcutWidth", "shortcutChannels"] as const),
  ...(["slope", "real", "signs", "signScale", "signBias", "bytes", "byteScale", "sums"] as const),
  ...(["inPlanes", "weightPlanes", "mask", "factors", "planes", "planeScale", "planeCount", "clip"] as const),
  ...(["firstPart", "parts"] as const),
] as const;
/** 32-bit words of a stage in a program. */
export const stageWords = stageFields.length;
const partWords = 4;

/**
 * Writes a graph as a program, its layers joined to stages, its maps placed in one block of memory.
 *
 * @param layerPlans of map 0 (the picture) and of each layer
 * @param outputNames layers whose output is read after a run, in the order in which it is read; at most 8
 */
export function compile(
  graph: Graph,
  model: ModelFile,
  layerPlans: readonly LayerPlan[],
  outputNames: readonly string[],
): Program {
  if (outputNames.length > maxOutputs)
    throw new RangeError(`${outputNames.length} outputs, at most ${maxOutputs}`);
  const index = new Map([
    [inputName, 0],
    ...graph.layers.map(({ name }, i): [string, number] => [name, i + 1]),
  ]);
  const outputs = outputNames.map((name) => index.get(name)!);
  const stages = fuse(graph, layerPlans, outputs, (stage, sign) => staysFinite(stage, sign, model));
  const plans = plansOfStages(stages, layerPlans);
  const { offsets, bytes } = placeMaps(stages, plans, outputs);
  const tensors = new TensorBlock(model);

  const headerWords = 7 + 2 * maxOutputs;
  const partsAt = headerWords + stages.length * stageWords;
  const partCount = stages.reduce((sum, { parts = [] }) => sum + parts.length, 0);
  const words = new Int32Array(partsAt + partCount * partWords);
  const counts = [stages.length, partCount, outputs.length];
  const header = [magic, version, bytes, elements(plans[0]!.shape), ...counts];
  words.set([...header, ...outputs.flatMap((map) => [offsets.get(map)!, elements(plans[map]!.shape)])]);
  let firstPart = 0;
  for (const [i, stage] of stages.entries()) {
    const { parts = [] } = stage;
    const fields = { ...stageRecord(stage, graph, plans, offsets, tensors), firstPart, parts: parts.length };
    const record = stageFields.map((field) => fields[field] ?? 0);
    words.set(record, headerWords + i * stageWords);
    const partRecords = parts.flatMap(({ map, first, channels }) => [
      offsets.get(map)!,
      plans[map]!.shape.channels,
      first,
      channels,
    ]);
    words.set(partRecords, partsAt + firstPart * partWords);
    firstPart += parts.length;
  }
  return { program: littleEndian(words), tensors: tensors.bytes(), mapBytes: bytes, stages, plans };
}

/** Whether neither the values of a convolution of integers nor what the layer `sign` makes of them can overflow. */
function staysFinite({ affine, prelu }: Stage, sign: string, model: ModelFile): boolean {
  const most = (name: string) =>
    (model.tensors.get(name)!.data as Float32Array).reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  const value = most(`${affine}.scale`) * 2 ** 31 + most(`${affine}.bias`);
  const active = value * (prelu === undefined ? 1 : Math.max(1, most(`${prelu}.slope`)));
  return Math.max(active, active * most(`${sign}.scale`) + most(`${sign}.bias`)) < 2 ** 127;
}

function plansOfStages(stages: readonly Stage[], layerPlans: readonly LayerPlan[]): LayerPlan[] {
  const plans = [...layerPlans];
  for (const { source, input } of stages) {
    if (source !== "sign_pool") continue;
    const maker = stages.find(({ sign }) => sign?.map === input)!;
    plans[input!] = { ...plans[input!]!, kind: "bits", shape: plans[maker.value]!.shape };
  }
  return plans;
}

type StageRecord = Partial<Record<(typeof stageFields)[number], number | undefined>>;

function stageRecord(
  stage: Stage,
  graph: Graph,
  plans: readonly LayerPlan[],
  offsets: ReadonlyMap<MapIndex, number>,
  tensors: TensorBlock,
): StageRecord {
  const { conv, pool, affine, clip, factors, shortcut, prelu, sign, quantize, planes } = stage;
  const { shape, kind } = plans[stage.value]!;
  const input = plans[stage.input ?? stage.value]!.shape;
  const isPicture = stage.source === "picture";
  const source = isPicture && kind === "bytes" ? "bytes" : stage.source;
  const givesSums = isConvolutionOfIntegers(stage) && affine === undefined;
  const record: StageRecord = {
    source: sources.indexOf(source),
    input: isPicture || stage.input === undefined ? 0 : offsets.get(stage.input)!,
    inHeight: input.height,
    inWidth: input.width,
    inChannels: input.channels,
    ...shape,
    kernel: (conv ?? pool)?.kernel,
    stride: (conv ?? pool)?.stride,
    padding: conv?.padding ?? pool?.before,
    outside: conv === undefined ? 0 : outsideOf(conv),
    weight: weightOf(conv, tensors),
    scale: affine === undefined ? none : tensors.offset(`${affine}.scale`),
    bias: affine === undefined ? none : tensors.offset(`${affine}.bias`),
    shortcut: shortcuts.indexOf(shortcut?.kind ?? "none"),
    slope: prelu === undefined ? none : tensors.offset(`${prelu}.slope`),
    real: stage.real ? offsets.get(stage.value)! : none,
    signs: sign === undefined ? none : offsets.get(sign.map)!,
    signScale: sign === undefined ? none : tensors.offset(`${sign.layer}.scale`),
    signBias: sign === undefined ? none : tensors.offset(`${sign.layer}.bias`),
    bytes: quantize === undefined ? none : offsets.get(quantize.map)!,
    byteScale: quantize === undefined ? none : tensors.offset(`${quantize.layer}.scale`),
    sums: givesSums ? offsets.get(stage.value)! : none,
    inPlanes: source === "plane_conv" ? plans[stage.input!]!.planes : 0,
    weightPlanes: source === "plane_conv" ? tensors.shapeOf(`${conv!.name}.weight`)[0] : 0,
    mask: source === "ternary_conv" ? tensors.offset(`${conv!.name}.mask`) : none,
    factors: factors === undefined ? none : offsets.get(factors)!,
    planes: planes === undefined ? none : offsets.get(planes.map)!,
    planeScale: planes === undefined ? none : tensors.offset(`${planes.layer}.scale`),
    planeCount: planes === undefined ? 0 : plans[planes.map]!.planes,
    clip: clip === undefined ? none : tensors.add(Float32Array.from(clip)),
  };
  if (source === "bytes") record.bytes = offsets.get(stage.value)!;
  if (source === "conv" || source === "real_binary_weight_conv") {
    record.bias = tensors.offset(`${conv!.name}.bias`);
  }
  if (source === "real_binary_weight_conv") record.scale = tensors.offset(`${conv!.name}.scale`);
  if (source === "picture") {
    record.scale = tensors.add(Float32Array.from(graph.input.scale!));
    record.bias = tensors.add(Float32Array.from(graph.input.mean!));
  }
  if (shortcut !== undefined) {
    const from = plans[shortcut.map]!.shape;
    record.shortcutMap = offsets.get(shortcut.map)!;
    record.shortcutHeight = from.height;
    record.shortcutWidth = from.width;
    record.shortcutChannels = from.channels;
  }
  return record;
}

/** What stands around the map. */
function outsideOf(conv: NonNullable<Stage["conv"]>): number {
  if ("paddingSign" in conv) return conv.paddingSign;
  return conv.op === "int8_conv" ? (conv.paddingValue ?? 0) : 0;
}

function weightOf(conv: Stage["conv"], tensors: TensorBlock): number {
  if (conv === undefined || conv.op === "activation_scale") return none;
  return tensors.offset(`${conv.name}.${conv.op === "ternary_conv" ? "sign" : "weight"}`);
}

/** Maps that a stage writes to memory. */
export function writtenMaps(stage: Stage, plans: readonly LayerPlan[]): MapIndex[] {
  const isKept = stage.real || plans[stage.value]!.kind !== "real";
  const maps = [stage.sign?.map, stage.quantize?.map, stage.planes?.map, isKept ? stage.value : undefined];
  return [...new Set(maps)].filter((map) => map !== undefined);
}

function placeMaps(stages: readonly Stage[], plans: readonly LayerPlan[], outputs: readonly MapIndex[]) {
  const lifetimes = new Map<MapIndex, { bytes: number; from: number; until: number }>();
  for (const [i, stage] of stages.entries()) {
    for (const map of writtenMaps(stage, plans)) {
      lifetimes.set(map, { bytes: mapBytes(plans[map]!), from: i, until: i });
    }
    if (stage.source === "picture") continue;
    for (const map of mapsRead(stage)) lifetimes.get(map)!.until = i;
  }
  for (const map of outputs) lifetimes.get(map)!.until = stages.length;
  const memory = planMemory([...lifetimes.values()]);
  const offsets = new Map(
    [...lifetimes.keys()].map((map, i): [MapIndex, number] => [map, memory.offsets[i]!]),
  );
  return { offsets, bytes: memory.bytes };
}

/** Tensors one after the other, each at a multiple of 64 bytes. */
class TensorBlock {
  readonly #model: ModelFile;
  readonly #parts: Uint8Array[] = [];
  readonly #offsets = new Map<string, number>();
  #size = 0;

  constructor(model: ModelFile) {
    this.#model = model;
  }

  offset(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.add(this.#model.tensors.get(name)!.data);
    this.#offsets.set(name, offset);
    return offset;
  }

  shapeOf(name: string): readonly number[] {
    return this.#model.tensors.get(name)!.shape;
  }

  add(data: ArrayBufferView): number {
    const offset = this.#size;
    const padded = new Uint8Array(Math.ceil(data.byteLength / 64) * 64);
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#parts.push(padded);
    this.#size += padded.byteLength;
    return offset;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

function littleEndian(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}
