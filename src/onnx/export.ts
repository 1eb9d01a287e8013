import { type Graph, inputName, inputsOf, type LayerSpec } from "../nn/graph.ts";
import type { ModelFile } from "../nn/model-file.ts";
import { planLayers } from "../nn/network.ts";
import { addConvolution } from "./convolution.ts";
import { type LayerContext, realsOf, scaledBy, tensorOf, zeroByte } from "./layer.ts";
import { Nodes } from "./nodes.ts";
import { elementTypes, onnxModel } from "./protobuf.ts";

export interface OnnxOptions {
  /**
   * The float twin of the network: real values where it has signs, levels and bytes, cut off where those end. Without it,
   * the network itself: convolutions of bytes are integer, signs are values of ±1.
   */
  readonly floatTwin: boolean;
}

/**
 * Writes a network as ONNX. Its input is the picture as bytes (1, channels, height, width), Y, U and V; its outputs are
 * those of the layers `outputs`, by their names, (1, channels, height, width).
 * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
 */
export function exportOnnx(
  graph: Graph,
  model: ModelFile,
  outputs: readonly string[],
  { floatTwin }: OnnxOptions,
): Uint8Array {
  const plans = new Map(
    planLayers(graph, model).map((plan, i) => [i === 0 ? inputName : graph.layers[i - 1]!.name, plan]),
  );
  const nodes = new Nodes();
  const picture = addPicture(nodes, graph, floatTwin);
  for (const spec of graph.layers) {
    const inputs = inputsOf(spec).map((name) => (name === inputName ? picture : name));
    addLayer({ spec, inputs, nodes, model, plans, floatTwin });
  }
  const { height, width, channels } = graph.input;
  return onnxModel({
    name: floatTwin ? `${graph.name}-float` : graph.name,
    parts: nodes.parts,
    inputs: [{ name: inputName, type: elementTypes.uint8, dims: [1, channels, height, width] }],
    outputs: outputs.map((name) => {
      const { shape } = plans.get(name)!;
      return { name, type: elementTypes.float, dims: [1, shape.channels, shape.height, shape.width] };
    }),
  });
}

/** Bytes that are to be convolved stay as they are: less 128 is how they are read. */
function addPicture(nodes: Nodes, { input }: Graph, floatTwin: boolean): string {
  if (input.mean === undefined && !floatTwin) return inputName;
  const real = nodes.add("Cast", [inputName], { to: elementTypes.float });
  const mean = input.mean ?? Array.from({ length: input.channels }, () => zeroByte);
  const centered = nodes.add("Sub", [real, nodes.perChannel(Float32Array.from(mean))]);
  if (input.scale === undefined) return centered;
  return nodes.add("Mul", [centered, nodes.perChannel(Float32Array.from(input.scale))]);
}

function addLayer(context: LayerContext): void {
  const { spec, inputs, nodes } = context;
  const { name } = spec;
  const [x] = inputs as [string];
  switch (spec.op) {
    case "conv":
    case "int8_conv":
    case "binary_conv":
    case "ternary_conv":
    case "plane_conv":
    case "binary_weight_conv":
      addConvolution({ ...context, spec });
      break;
    case "batch_norm": {
      const normalized = [scaledBy(context, x), tensorOf(context, "bias")];
      if (spec.clip === undefined) nodes.add("Add", normalized, {}, name);
      else nodes.add("Clip", [nodes.add("Add", normalized)], { min: spec.clip[0], max: spec.clip[1] }, name);
      break;
    }
    case "sign":
      addSign(context);
      break;
    case "quantize": {
      const scaled = scaledBy(context, x);
      // Rounded as our kernels do: ONNX's own quantization takes the even one of two numbers that are as near.
      if (context.floatTwin) nodes.add("Identity", [scaled], {}, name);
      else nodes.add("Cast", [rounded(nodes, scaled, -128, 127, zeroByte)], { to: elementTypes.uint8 }, name);
      break;
    }
    case "bit_planes": {
      const scaled = scaledBy(context, x);
      const top = 2 ** spec.planes - 1;
      if (context.floatTwin) nodes.add("Clip", [scaled], { min: 0, max: top }, name);
      else nodes.add("Identity", [rounded(nodes, scaled, 0, top, 0)], {}, name);
      break;
    }
    case "affine": {
      const real = nodes.add("Cast", [x], { to: elementTypes.float });
      nodes.add("Add", [scaledBy(context, real), tensorOf(context, "bias")], {}, name);
      break;
    }
    case "prelu": {
      const slope = realsOf(context, "slope");
      nodes.add("PRelu", [x, nodes.constant(slope, [slope.length, 1, 1])], {}, name);
      break;
    }
    case "activation_scale":
      addActivationScale({ ...context, spec });
      break;
    case "average_pool":
      nodes.add("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] }, name);
      break;
    case "max_pool": {
      const { kernel, stride, before, after } = spec;
      const pads = [before, before, after, after];
      nodes.add("MaxPool", [x], { kernel_shape: [kernel, kernel], strides: [stride, stride], pads }, name);
      break;
    }
    case "repeat_channels":
      nodes.add("Concat", new Array<string>(spec.times).fill(x), { axis: 1 }, name);
      break;
    case "concat":
      nodes.add("Concat", inputs, { axis: 1 }, name);
      break;
    case "slice": {
      const { first, channels } = spec;
      const bounds = [first, first + channels, 1].map((at) => nodes.constant(BigInt64Array.of(BigInt(at))));
      nodes.add("Slice", [x, ...bounds], {}, name);
      break;
    }
    case "upsample":
      nodes.add("Resize", [x, nodes.constant(Float32Array.of(1, 1, 2, 2))], { mode: "nearest" }, name);
      break;
    case "logistic":
      nodes.add("Sigmoid", [x], {}, name);
      break;
    case "add":
      nodes.add("Add", inputs, {}, name);
      break;
    case "multiply":
      nodes.add("Mul", inputs, {}, name);
      break;
  }
}

/** Sign of x · scale + bias, that of 0 being +1; of the twin, the value itself, cut off at ±1. */
function addSign(context: LayerContext): void {
  const { spec, inputs, nodes, floatTwin } = context;
  const normalized = nodes.add("Add", [scaledBy(context, inputs[0]!), tensorOf(context, "bias")]);
  if (floatTwin) {
    nodes.add("Clip", [normalized], { min: -1, max: 1 }, spec.name);
    return;
  }
  const isNegative = nodes.add("Less", [normalized, nodes.scalar(0)]);
  nodes.add("Where", [isNegative, nodes.scalar(-1), nodes.scalar(1)], {}, spec.name);
}

/** The mean of |x| over each window and the channels. */
function addActivationScale({
  spec,
  inputs,
  nodes,
  plans,
}: LayerContext<LayerSpec<"activation_scale">>): void {
  const { kernel, stride, padding } = spec;
  const { channels } = plans.get(spec.input)!.shape;
  const count = kernel * kernel * channels;
  const magnitudes = nodes.add("Abs", [inputs[0]!]);
  const ones = nodes.constant(new Float32Array(count).fill(1), [1, channels, kernel, kernel]);
  const window = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
  const sums = nodes.add("Conv", [magnitudes, ones], {
    ...window,
    pads: [padding, padding, padding, padding],
  });
  nodes.add("Div", [sums, nodes.scalar(count)], {}, spec.name);
}

/** ⌊clamp(x, least, most) + ½⌋, plus `shift`. */
function rounded(nodes: Nodes, x: string, least: number, most: number, shift: number): string {
  const clipped = nodes.add("Clip", [x], { min: least, max: most });
  return nodes.add("Floor", [nodes.add("Add", [clipped, nodes.scalar(shift + 0.5)])]);
}
