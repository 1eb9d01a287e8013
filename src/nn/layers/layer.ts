import { onesWord, wordsFor } from "../bits.ts";
import type { LayerOp, LayerSpec } from "../graph.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { ModelFile } from "../model-file.ts";
import { invalid } from "../model-file.ts";
import { type MapShape, shapeText } from "../shape.ts";

/**
 * What a map holds: real values, packed signs (`bits.ts`), values of k bits as k bit maps one behind the other, 8-bit
 * values, or the integer sums of a convolution of any of them but the first.
 */
export type MapKind = "real" | "bits" | "planes" | "bytes" | "sums";

/** A map between layers, before it has a place in memory. */
export interface MapPlan {
  readonly kind: MapKind;
  /** Of one bit map, where there are several. */
  readonly shape: MapShape;
  /** Bit maps of a map of kind "planes". */
  readonly planes?: number;
}

export interface MapArrays {
  real: Float32Array;
  bits: Int32Array;
  planes: Int32Array;
  bytes: Int8Array;
  sums: Int32Array;
}

export type MapData<Kind extends MapKind = MapKind> = MapArrays[Kind];

/** Multiply-accumulates of one run. */
export interface Macs {
  readonly real: number;
  readonly binary: number;
}

/** A layer that knows its tensors and the shape of its output. */
export interface LayerPlan extends MapPlan {
  readonly macs: Macs;
  readonly parameterBytes: number;
  /** Ties the layer to its places in memory; the result computes it once. Called once, before the first run. */
  bind(kernels: Kernels, inputs: readonly MapData[], output: MapData): () => void;
}

/** Layers that move a window over their input. */
export type ConvOp =
  | "conv"
  | "int8_conv"
  | "binary_conv"
  | "plane_conv"
  | "ternary_conv"
  | "binary_weight_conv";

/** What a layer is planned from. */
export interface LayerContext<Op extends LayerOp = LayerOp> {
  readonly spec: LayerSpec<Op>;
  readonly inputs: readonly MapPlan[];
  readonly model: ModelFile;
}

export const noMacs: Macs = { real: 0, binary: 0 };

/**
 * A layer from real maps to a real map, without parameters.
 * @param bind as in `LayerPlan`; gets as many inputs as the layer has checked by `inputOf`
 */
export function realLayer(
  shape: MapShape,
  bind: (
    kernels: Kernels,
    inputs: readonly [Float32Array, Float32Array, ...Float32Array[]],
    output: Float32Array,
  ) => () => void,
): LayerPlan {
  return { kind: "real", shape, macs: noMacs, parameterBytes: 0, bind: bind as LayerPlan["bind"] };
}

/**
 * The layer's input, checked for its kind.
 * @throws XnorcamError XC_MODEL_INVALID
 */
export function inputOf(context: LayerContext, kind: MapKind, index = 0): MapShape {
  const input = context.inputs[index]!;
  if (input.kind !== kind) {
    throw layerError(context, `reads ${input.kind}, but ${context.spec.op} needs ${kind}`);
  }
  return input.shape;
}

/**
 * The shape behind a window of `kernel`, `stride`, `padding`.
 * @throws XnorcamError XC_MODEL_INVALID when the window is larger than the map
 */
export function windowed(
  context: LayerContext<ConvOp | "activation_scale">,
  shape: MapShape,
  channels: number,
): MapShape {
  const { kernel, stride, padding } = context.spec;
  if (padding >= kernel) throw layerError(context, `pads by ${padding}, its kernel is ${kernel}`);
  const height = Math.floor((shape.height + 2 * padding - kernel) / stride) + 1;
  const width = Math.floor((shape.width + 2 * padding - kernel) / stride) + 1;
  if (height < 1 || width < 1 || channels < 1) {
    throw layerError(
      context,
      `a window of ${kernel}×${kernel} does not fit its input of ${shapeText(shape)}`,
    );
  }
  return { height, width, channels };
}

/**
 * The layer's tensors `scale` and `bias`, one value a channel each, and the bytes of both.
 * @throws XnorcamError XC_MODEL_INVALID
 */
export function scaleAndBias({ spec, model }: LayerContext, channels: number) {
  const scale = model.floats(`${spec.name}.scale`, [channels]);
  const bias = model.floats(`${spec.name}.bias`, [channels]);
  return { scale, bias, parameterBytes: scale.byteLength + bias.byteLength };
}

/**
 * Words of the tensor `<layer>.<tensor>`, of which the bits that stand for no channel are 0: they would be counted.
 * @param channels bits of the words of the last extent
 * @throws XnorcamError XC_MODEL_INVALID
 */
export function bitTensor(
  context: LayerContext,
  tensor: string,
  shape: readonly number[],
  channels: number,
): Int32Array {
  const name = `${context.spec.name}.${tensor}`;
  const words = wordsFor(channels);
  const data = context.model.words(name, [...shape, words]);
  const unused = ~onesWord(channels, words - 1);
  for (let last = words - 1; last < data.length; last += words) {
    if ((data[last]! & unused) !== 0) {
      throw layerError(context, `has bits set in ${name} beyond its last channel`);
    }
  }
  return data;
}

export function layerError(context: LayerContext, message: string) {
  return invalid(context.model.source, `layer ${context.spec.name} ${message}`);
}
