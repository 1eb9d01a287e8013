import { type Graph, inputName, inputsOf, type LayerSpec } from "./graph.ts";
import { clipOf } from "./layers/batch-norm.ts";
import type { ConvOp, LayerPlan } from "./layers/layer.ts";

/** A map that a stage reads or writes: layer i of the graph writes map i + 1, map 0 is the picture. */
export type MapIndex = number;

/** How the shortcut of a stage is read. Channels that it lacks repeat: c, c + C, c + 2C, … */
export type Shortcut = "same" | "mean" | "twice";

/** Neighboring channels of a map, all of them or some. */
export interface Part {
  readonly map: MapIndex;
  readonly first: number;
  readonly channels: number;
}

/** Convolutions whose sums are integers, each a source of its own. */
type IntegerConv = Exclude<ConvOp, "conv">;

/**
 * A pass over an activation, of one or more layers: source → scale and bias → factors → shortcut → activation → maps.
 * Each field that is there stands for a layer of the graph.
 */
export interface Stage {
  source:
    | (
        | "none"
        | "picture"
        | "real"
        | "sums"
        | "conv"
        | "real_binary_weight_conv"
        | "activation_scale"
        | "batch_norm"
        | "max_pool"
        | "sign_pool"
        | "channels"
        | "logistic"
      )
    | IntegerConv;
  /** Names of all layers in it, in their order. */
  layers: readonly string[];
  /** Map that the source reads. */
  input: MapIndex | undefined;
  /** Of "channels": what its channels are, one part behind the other. */
  parts?: readonly Part[];
  /** Of "max_pool" and "sign_pool". */
  pool?: LayerSpec<"max_pool">;
  /** The layer with the window: of the convolution, whose weights it uses, or of the activations' scales. */
  conv?: LayerSpec<ConvOp | "activation_scale">;
  /** The layer whose scale and bias they are: "affine" of sums, or "batch_norm". */
  affine?: string;
  /** Of "batch_norm": least and greatest value. */
  clip?: readonly [low: number, high: number];
  /** Map of one channel by which each pixel is multiplied. */
  factors?: MapIndex;
  shortcut?: { readonly kind: Shortcut; readonly map: MapIndex };
  prelu?: string;
  /** The values behind all that, as which map; whether somebody reads them as they are. */
  value: MapIndex;
  real: boolean;
  sign?: { readonly layer: string; readonly map: MapIndex };
  quantize?: { readonly layer: string; readonly map: MapIndex };
  planes?: { readonly layer: string; readonly map: MapIndex };
}

/**
 * Joins layers to stages, so that an activation is read and written once between two convolutions instead of six
 * times. The values are the same to the last bit: only their way through memory is shorter.
 *
 * @param plans of map 0 (the picture) and of each layer
 * @param outputs maps that are read after the run
 * @param staysFinite whether no value of a stage, nor what the `sign` layer makes of it, can overflow
 * @returns stages in the order in which they run
 */
export function fuse(
  graph: Graph,
  plans: readonly LayerPlan[],
  outputs: readonly MapIndex[],
  staysFinite: (stage: Stage, sign: string) => boolean,
): Stage[] {
  const index = new Map([
    [inputName, 0],
    ...graph.layers.map(({ name }, i): [string, number] => [name, i + 1]),
  ]);
  const readers = plans.map(() => 0);
  for (const spec of graph.layers) for (const name of inputsOf(spec)) readers[index.get(name)!]!++;
  for (const map of outputs) readers[map]!++;

  const stages: Stage[] = [
    { source: "picture", layers: [], input: 0, value: 0, real: plans[0]!.kind === "real" },
  ];
  for (const [i, spec] of graph.layers.entries()) {
    const map = i + 1;
    const inputs = inputsOf(spec).map((name) => index.get(name)!);
    if (spec.op === "sign" && movedBeforePooling(stages, spec.name, map, inputs[0]!, readers, staysFinite))
      continue;
    if (!joined(stages, spec, map, inputs, readers)) stages.push(stageOf(spec, plans, map, inputs));
  }
  markReal(stages, plans, outputs);
  return stages;
}

/** Whether the layer could be joined to a stage that is there. */
function joined(
  stages: Stage[],
  spec: LayerSpec,
  map: MapIndex,
  inputs: readonly MapIndex[],
  readers: readonly number[],
): boolean {
  const input = inputs[0]!;
  const at = stages.findIndex(({ value }) => value === input);
  const stage = stages[at];
  if (stage === undefined || stage.source === "picture") return false;
  // What others read of the value too must stay as it is.
  const isOnlyReader = readers[input] === 1;
  const hasSumsOnly = isConvolutionOfIntegers(stage) && stage.affine === undefined;
  switch (spec.op) {
    case "affine":
      if (!isOnlyReader || !hasSumsOnly) return false;
      stage.affine = spec.name;
      break;
    case "repeat_channels":
      if (!isOnlyReader || !isShortcutOnly(stage)) return false;
      break;
    case "prelu":
      if (!isOnlyReader || hasSumsOnly || stage.prelu !== undefined || hasMore(stage)) return false;
      stage.prelu = spec.name;
      break;
    case "sign":
      if (stage.sign !== undefined) return false;
      stage.sign = { layer: spec.name, map };
      stage.layers = [...stage.layers, spec.name];
      return true;
    case "quantize":
      if (stage.quantize !== undefined) return false;
      stage.quantize = { layer: spec.name, map };
      stage.layers = [...stage.layers, spec.name];
      return true;
    case "bit_planes":
      if (stage.planes !== undefined) return false;
      stage.planes = { layer: spec.name, map };
      stage.layers = [...stage.layers, spec.name];
      return true;
    case "multiply":
      if (!isOnlyReader || hasSumsOnly || !takesFactors(stage)) return false;
      if (!isMadeBefore(stages, inputs[1]!, stage)) return false;
      stage.factors = inputs[1]!;
      break;
    case "add":
      return [inputs, [inputs[1]!, inputs[0]!]].some(([a, b]) =>
        joinedAdd(stages, spec.name, map, a!, b!, readers),
      );
    case "conv":
    case "int8_conv":
    case "binary_conv":
    case "plane_conv":
    case "ternary_conv":
    case "binary_weight_conv":
    case "activation_scale":
    case "average_pool":
    case "upsample":
    case "batch_norm":
    case "max_pool":
    case "slice":
    case "logistic":
    case "concat":
      return false;
  }
  stage.value = map;
  stage.layers = [...stage.layers, spec.name];
  return true;
}

/**
 * Makes the signs before a pooling instead of behind it, where nobody else reads what is pooled and that is a
 * convolution of integers: the sign of the largest value of a window is that of any of them, or, where a negative scale
 * turns the order round, of all. The map of the values that were pooled now holds the signs of what is pooled.
 */
function movedBeforePooling(
  stages: readonly Stage[],
  layer: string,
  map: MapIndex,
  input: MapIndex,
  readers: readonly number[],
  staysFinite: (stage: Stage, sign: string) => boolean,
): boolean {
  const pool = stages.find(({ value }) => value === input);
  if (pool?.source !== "max_pool" || !takesFactors(pool) || readers[input] !== 1) return false;
  const conv = stages.find(({ value }) => value === pool.input);
  if (conv === undefined || !isConvolutionOfIntegers(conv) || readers[conv.value] !== 1) return false;
  const { affine, factors, shortcut } = conv;
  if (affine === undefined || factors !== undefined || shortcut !== undefined || !staysFinite(conv, layer))
    return false;
  conv.sign = { layer, map: input };
  pool.source = "sign_pool";
  pool.input = input;
  pool.value = map;
  pool.sign = { layer, map };
  pool.layers = [...pool.layers, layer];
  return true;
}

/** Adds map `other` as the shortcut of the stage that makes map `main`, if that is made first. */
function joinedAdd(
  stages: Stage[],
  name: string,
  map: MapIndex,
  main: MapIndex,
  other: MapIndex,
  readers: readonly number[],
): boolean {
  const stage = stages.find(({ value }) => value === main);
  if (stage === undefined || stage.source === "none" || stage.source === "picture") return false;
  if (readers[main] !== 1 || stage.shortcut !== undefined || stage.prelu !== undefined || hasMore(stage))
    return false;
  const before = (value: MapIndex) => isMadeBefore(stages, value, stage);
  const resize = stages.find(({ value }) => value === other);
  if (
    resize !== undefined &&
    isShortcutOnly(resize) &&
    readers[other] === 1 &&
    before(resize.shortcut!.map)
  ) {
    // The resized map needs no memory: the stage reads its pixels where it needs them.
    stage.shortcut = resize.shortcut!;
    stage.layers = [...stage.layers, ...resize.layers];
    stages.splice(stages.indexOf(resize), 1);
  } else if (before(other)) {
    stage.shortcut = { kind: "same", map: other };
  } else {
    return false;
  }
  stage.value = map;
  stage.layers = [...stage.layers, name];
  return true;
}

/** Whether an earlier stage makes the map, so that this one can read it. */
function isMadeBefore(stages: readonly Stage[], map: MapIndex, stage: Stage): boolean {
  const at = stages.findIndex(({ value }) => value === map);
  return at >= 0 && at < stages.indexOf(stage);
}

function stageOf(
  spec: LayerSpec,
  plans: readonly LayerPlan[],
  value: MapIndex,
  inputs: readonly MapIndex[],
): Stage {
  const input = inputs[0]!;
  const { kind } = plans[value]!;
  const base = { layers: [spec.name], input, value, real: false };
  switch (spec.op) {
    case "conv":
    case "int8_conv":
    case "binary_conv":
    case "plane_conv":
    case "ternary_conv":
    case "activation_scale":
      return { ...base, source: spec.op, conv: spec };
    case "binary_weight_conv":
      return { ...base, source: kind === "real" ? "real_binary_weight_conv" : spec.op, conv: spec };
    case "affine":
      return { ...base, source: "sums", affine: spec.name };
    case "batch_norm":
      return {
        ...base,
        source: "batch_norm",
        affine: spec.name,
        ...(spec.clip && { clip: clipOf(spec.clip) }),
      };
    case "prelu":
      return { ...base, source: "real", prelu: spec.name };
    case "add":
      return { ...base, source: "real", shortcut: { kind: "same", map: inputs[1]! } };
    case "multiply":
      return { ...base, source: "real", factors: inputs[1]! };
    case "average_pool":
      return { ...base, source: "none", input: undefined, shortcut: { kind: "mean", map: input } };
    case "upsample":
      return { ...base, source: "none", input: undefined, shortcut: { kind: "twice", map: input } };
    case "repeat_channels":
      return { ...base, source: "none", input: undefined, shortcut: { kind: "same", map: input } };
    // The value of these is the input itself.
    case "sign":
      return { ...base, source: "real", value: input, sign: { layer: spec.name, map: value } };
    case "quantize":
      return { ...base, source: "real", value: input, quantize: { layer: spec.name, map: value } };
    case "bit_planes":
      return { ...base, source: "real", value: input, planes: { layer: spec.name, map: value } };
    case "max_pool":
      return { ...base, source: "max_pool", pool: spec };
    case "logistic":
      return { ...base, source: "logistic" };
    case "slice": {
      const { first, channels } = spec;
      return { ...base, source: "channels", input: undefined, parts: [{ map: input, first, channels }] };
    }
    case "concat": {
      const parts = inputs.map((map) => ({ map, first: 0, channels: plans[map]!.shape.channels }));
      return { ...base, source: "channels", input: undefined, parts };
    }
  }
}

const integerConvs: ReadonlySet<string> = new Set<IntegerConv>([
  "int8_conv",
  "binary_conv",
  "plane_conv",
  "ternary_conv",
  "binary_weight_conv",
]);

/** Whether what the stage's source gives are integer sums. */
export function isConvolutionOfIntegers({ source }: Stage): boolean {
  return integerConvs.has(source);
}

/** Factors come right behind scale and bias, and need values: those of a shortcut alone are read where they stand. */
function takesFactors(stage: Stage): boolean {
  const { source, factors, shortcut, prelu } = stage;
  const isBehind = factors === undefined && shortcut === undefined && prelu === undefined && !hasMore(stage);
  return isBehind && source !== "none" && source !== "picture";
}

/** A map in another size, nothing else. */
function isShortcutOnly(stage: Stage): boolean {
  return stage.source === "none" && stage.prelu === undefined && !hasMore(stage);
}

function hasMore(stage: Stage): boolean {
  return stage.sign !== undefined || stage.quantize !== undefined || stage.planes !== undefined;
}

/** Maps that a stage reads. */
export function mapsRead({ input, parts = [], factors, shortcut }: Stage): MapIndex[] {
  const maps = [input, ...parts.map(({ map }) => map), factors, shortcut?.map];
  return maps.filter((map) => map !== undefined);
}

/** A stage's values go to memory when another stage reads them, or somebody after the run. */
function markReal(stages: Stage[], plans: readonly LayerPlan[], outputs: readonly MapIndex[]): void {
  const read = new Set([...outputs, ...stages.flatMap(mapsRead)]);
  for (const stage of stages) {
    const isCopyOfInput = stage.source === "real" && stage.value === stage.input;
    stage.real = plans[stage.value]!.kind === "real" && read.has(stage.value) && !isCopyOfInput;
  }
}
