import type { LayerOp, LayerSpec } from "../graph.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { ModelFile } from "../model-file.ts";
import { invalid } from "../model-file.ts";
import { type MapShape, shapeText } from "../shape.ts";

/** What a map holds: real values, packed signs (`bits.ts`), or the integer sums of a binary convolution. */
export type MapKind = "real" | "bits" | "sums";

/** A map between layers, before it has a place in memory. */
export interface MapPlan {
  readonly kind: MapKind;
  readonly shape: MapShape;
}

export type MapData<Kind extends MapKind = MapKind> = Kind extends "real" ? Float32Array : Int32Array;

/** A layer that knows its tensors and the shape of its output. */
export interface LayerPlan extends MapPlan {
  readonly macs: { readonly real: number; readonly binary: number };
  readonly parameterBytes: number;
  /** Ties the layer to its places in memory; the result computes it once. Called once, before the first run. */
  bind(kernels: Kernels, inputs: readonly MapData[], output: MapData): () => void;
}

/** What a layer is planned from. */
export interface LayerContext<Op extends LayerOp = LayerOp> {
  readonly spec: LayerSpec<Op>;
  readonly inputs: readonly MapPlan[];
  readonly model: ModelFile;
}

export const noMacs = { real: 0, binary: 0 } as const;

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
  context: LayerContext<"conv" | "binary_conv">,
  shape: MapShape,
  channels: number,
): MapShape {
  const { kernel, stride, padding } = context.spec;
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

export function layerError(context: LayerContext, message: string) {
  return invalid(context.model.source, `layer ${context.spec.name} ${message}`);
}
