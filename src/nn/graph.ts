import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { messageOf } from "../errors.ts";
import { schemaProblem } from "../schema-problem.ts";
import { checkMethod } from "./method.ts";
import { invalid, type ModelFile } from "./model-file.ts";

/**
 * The graph of a network: JSON in `__metadata__.graph` of the model file. A layer reads the outputs of layers
 * before it by name; its tensors are named `<layer>.<tensor>`.
 */
export const graphVersion = 1;

const Name = Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" });
/** Of a map, in width, height and channels. */
export const maxExtent = 4096;
const Extent = Type.Integer({ minimum: 1, maximum: maxExtent });

const layer = <Op extends string, Fields extends Parameters<typeof Type.Object>[0]>(op: Op, fields: Fields) =>
  Type.Object({ op: Type.Literal(op), name: Name, ...fields }, { additionalProperties: false });

const window = {
  kernel: Type.Integer({ minimum: 1, maximum: 15 }),
  stride: Type.Integer({ minimum: 1, maximum: 8 }),
  padding: Type.Integer({ minimum: 0, maximum: 7 }),
};

/** The byte outside the map: the one that stands for zero. Without it, 0. */
const paddingValue = { paddingValue: Type.Optional(Type.Integer({ minimum: -128, maximum: 127 })) };

/** What stands outside the map; 0 counts nothing. */
const paddingSign = { paddingSign: Type.Union([Type.Literal(-1), Type.Literal(0), Type.Literal(1)]) };

/** Most bits of an activation, and of a weight, that are computed by bit-planes. */
export const maxPlanes = 8;

/** Each kind of layer: what it reads, and what it needs beside its tensors. `nn/layers` has a file for each. */
const layerSchemas = {
  conv: layer("conv", { input: Name, ...window }),
  int8_conv: layer("int8_conv", { input: Name, ...window, ...paddingValue }),
  batch_norm: layer("batch_norm", {
    input: Name,
    /** Least and greatest value that it gives. */
    clip: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
  }),
  quantize: layer("quantize", { input: Name }),
  sign: layer("sign", { input: Name }),
  binary_conv: layer("binary_conv", { input: Name, ...window, ...paddingSign }),
  bit_planes: layer("bit_planes", { input: Name, planes: Type.Integer({ minimum: 1, maximum: maxPlanes }) }),
  plane_conv: layer("plane_conv", { input: Name, ...window }),
  ternary_conv: layer("ternary_conv", { input: Name, ...window, ...paddingSign }),
  binary_weight_conv: layer("binary_weight_conv", { input: Name, ...window }),
  activation_scale: layer("activation_scale", { input: Name, ...window }),
  affine: layer("affine", { input: Name }),
  prelu: layer("prelu", { input: Name }),
  average_pool: layer("average_pool", { input: Name }),
  repeat_channels: layer("repeat_channels", {
    input: Name,
    times: Type.Integer({ minimum: 2, maximum: 16 }),
  }),
  upsample: layer("upsample", { input: Name }),
  max_pool: layer("max_pool", {
    input: Name,
    kernel: Type.Integer({ minimum: 1, maximum: 15 }),
    stride: Type.Integer({ minimum: 1, maximum: 8 }),
    /** Pixels that a window reaches out of the map, left and above, and right and below. */
    before: Type.Integer({ minimum: 0, maximum: 14 }),
    after: Type.Integer({ minimum: 0, maximum: 14 }),
  }),
  slice: layer("slice", {
    input: Name,
    first: Type.Integer({ minimum: 0, maximum: 4095 }),
    channels: Extent,
  }),
  logistic: layer("logistic", { input: Name }),
  concat: layer("concat", { inputs: Type.Array(Name, { minItems: 2, maxItems: 32 }) }),
  add: layer("add", { inputs: Type.Tuple([Name, Name]) }),
  multiply: layer("multiply", { inputs: Type.Tuple([Name, Name]) }),
};

type LayerSchemas = typeof layerSchemas;
export type LayerOp = keyof LayerSchemas;
export type LayerSpec<Op extends LayerOp = LayerOp> = Static<LayerSchemas[Op]>;

const InputSchema = Type.Object(
  {
    width: Extent,
    height: Extent,
    channels: Type.Integer({ minimum: 1, maximum: 16 }),
    /**
     * Real: a byte b of channel c enters the network as (b − mean[c]) · scale[c]. Without them the network begins
     * in integers: b enters as b − 128, from −128 to 127.
     */
    mean: Type.Optional(Type.Array(Type.Number())),
    scale: Type.Optional(Type.Array(Type.Number())),
  },
  { additionalProperties: false },
);

export type InputSpec = Static<typeof InputSchema>;

export interface Graph {
  readonly name: string;
  readonly input: InputSpec;
  readonly layers: readonly LayerSpec[];
  /** Sections of the graph that are not the network's: how to decode its outputs, where it comes from. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** The name under which layers read the picture. */
export const inputName = "input";

/**
 * Reads and checks the graph of a model file.
 * @throws XnorcamError XC_MODEL_INVALID that names the field or layer
 */
export function readGraph(model: ModelFile): Graph {
  const { source } = model;
  const text = model.metadata.graph;
  if (text === undefined) throw invalid(source, "__metadata__.graph is missing: not a model of this program");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(source, `__metadata__.graph is not JSON (${messageOf(error)})`, error);
  }
  if (typeof json !== "object" || json === null) throw invalid(source, "__metadata__.graph is not an object");
  const { version, name, input, layers, ...extra } = json as Record<string, unknown>;
  if (version !== graphVersion) {
    throw invalid(
      source,
      `graph.version is ${JSON.stringify(version)}, this program reads version ${graphVersion}: update the program or convert the model`,
    );
  }
  if (typeof name !== "string") throw invalid(source, "graph.name is not a text");
  if (!Value.Check(InputSchema, input))
    throw invalid(source, schemaProblem(InputSchema, input, "graph.input"));
  const { mean, scale, channels } = input;
  const isReal = mean !== undefined || scale !== undefined;
  if (isReal && (mean?.length !== channels || scale?.length !== channels)) {
    throw invalid(source, `graph.input.mean and graph.input.scale need ${channels} numbers each, or none`);
  }
  if (!Array.isArray(layers) || layers.length === 0) throw invalid(source, "graph.layers is not a list");
  const known = new Set<string>([inputName]);
  for (const [index, spec] of layers.entries()) checkLayer(source, index, spec, known);
  checkMethod(layers as LayerSpec[], extra, source);
  return { name, input, layers: layers as LayerSpec[], extra };
}

function checkLayer(source: string, index: number, spec: unknown, known: Set<string>): void {
  const { op, name = index } = (spec ?? {}) as { op?: unknown; name?: unknown };
  if (typeof op !== "string" || !Object.hasOwn(layerSchemas, op)) {
    throw invalid(
      source,
      `layer ${name} is of unknown kind ${JSON.stringify(op)}, known are ${Object.keys(layerSchemas).join(", ")}`,
    );
  }
  const schema = layerSchemas[op as LayerOp];
  if (!Value.Check(schema, spec)) throw invalid(source, schemaProblem(schema, spec, `layer ${name}`));
  for (const read of inputsOf(spec)) {
    if (!known.has(read))
      throw invalid(source, `layer ${spec.name} reads ${read}, which no layer before it makes`);
  }
  if (known.has(spec.name)) throw invalid(source, `two layers are named ${spec.name}`);
  known.add(spec.name);
}

/** The names that a layer reads. */
export function inputsOf(spec: LayerSpec): readonly string[] {
  return "inputs" in spec ? spec.inputs : [spec.input];
}
