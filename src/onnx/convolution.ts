import type { LayerSpec } from "../nn/graph.ts";
import type { ConvOp } from "../nn/layers/layer.ts";
import { type LayerContext, realsOf, scaledBy, tensorOf, zeroByte } from "./layer.ts";
import { channelsFirst, dimsOf, type Filters, signsOf } from "./weights.ts";

/** A convolution, with what belongs to its layer. */
export function addConvolution(context: LayerContext<LayerSpec<ConvOp>>): void {
  const { spec, nodes, plans, floatTwin } = context;
  const { name, op, kernel, stride, padding } = spec;
  const source = plans.get(spec.input)!;
  const filters = { filters: plans.get(name)!.shape.channels, channels: source.shape.channels, kernel };
  const window = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
  const pads = [padding, padding, padding, padding];
  let [x] = context.inputs as [string];
  const values = valuesOf(context, filters);
  if (op === "int8_conv" && spec.paddingValue) {
    addPaddedConvolution(context, filters, values, spec.paddingValue);
    return;
  }
  if (source.kind === "bytes" && !floatTwin) {
    const bytes = Uint8Array.from(channelsFirst(values, filters), (value) => value + zeroByte);
    const zero = nodes.constant(Uint8Array.of(zeroByte), []);
    const weight = nodes.constant(bytes, dimsOf(filters));
    nodes.add("ConvInteger", [x, weight, zero, zero], { ...window, pads }, name);
    return;
  }
  const weight = nodes.constant(channelsFirst(values, filters), dimsOf(filters));
  if (op === "conv") {
    const bias = nodes.constant(realsOf(context, "bias"));
    nodes.add("Conv", [x, weight, bias], { ...window, pads }, name);
    return;
  }
  // Outside, signs are what the model says; ONNX's convolutions know zeros alone.
  const outside = "paddingSign" in spec && !floatTwin ? spec.paddingSign : 0;
  if (outside !== 0 && padding > 0) {
    const around = [0, 0, padding, padding, 0, 0, padding, padding];
    x = nodes.add("Pad", [x], { mode: "constant", pads: around, value: outside });
  }
  const padded = { ...window, pads: outside === 0 ? pads : [0, 0, 0, 0] };
  if (op !== "binary_weight_conv" || source.kind !== "real") {
    nodes.add("Conv", [x, weight], padded, name);
    return;
  }
  const sums = nodes.add("Conv", [x, weight], padded);
  nodes.add("Add", [scaledBy(context, sums), tensorOf(context, "bias")], {}, name);
}

/**
 * Outside of the map, bytes are `outside`; ONNX's convolutions pad with their zero. So that becomes the zero, and
 * Σ x·w = Σ (x − outside)·w + outside · Σ w.
 */
function addPaddedConvolution(
  { spec, inputs, nodes, floatTwin }: LayerContext<LayerSpec<ConvOp>>,
  filters: Filters,
  values: Float32Array,
  outside: number,
): void {
  const { name, kernel, stride, padding } = spec;
  const attributes = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
  const perFilter = values.length / filters.filters;
  const sumOf = (filter: number) =>
    values.subarray(filter * perFilter, (filter + 1) * perFilter).reduce((sum, value) => sum + value, 0);
  const added = Array.from({ length: filters.filters }, (_, filter) => outside * sumOf(filter));
  const dims = [1, added.length, 1, 1];
  const planar = channelsFirst(values, filters);
  if (floatTwin) {
    const centered = nodes.add("Sub", [inputs[0]!, nodes.scalar(outside)]);
    const sums = nodes.add("Conv", [centered, nodes.constant(planar, dimsOf(filters))], attributes);
    nodes.add("Add", [sums, nodes.constant(Float32Array.from(added), dims)], {}, name);
    return;
  }
  const weight = nodes.constant(
    Uint8Array.from(planar, (value) => value + zeroByte),
    dimsOf(filters),
  );
  const zeros = [outside + zeroByte, zeroByte].map((zero) => nodes.constant(Uint8Array.of(zero), []));
  const sums = nodes.add("ConvInteger", [inputs[0]!, weight, ...zeros], attributes);
  nodes.add("Add", [sums, nodes.constant(Int32Array.from(added), dims)], {}, name);
}

/** The weights of a convolution as numbers, (filters, kernel, kernel, channels). */
function valuesOf({ spec, model }: LayerContext<LayerSpec<ConvOp>>, filters: Filters): Float32Array {
  const tensor = (tensorName: string) => model.tensors.get(`${spec.name}.${tensorName}`)!;
  switch (spec.op) {
    case "conv":
    case "int8_conv":
      return Float32Array.from(tensor("weight").data);
    case "binary_conv":
    case "binary_weight_conv":
      return signsOf(tensor("weight").data, 0, filters);
    case "ternary_conv": {
      const mask = signsOf(tensor("mask").data, 0, filters);
      return signsOf(tensor("sign").data, 0, filters).map((sign, i) => (mask[i]! > 0 ? sign : 0));
    }
    case "plane_conv": {
      const { data, shape } = tensor("weight");
      const [planes = 0] = shape;
      const planeWords = data.length / planes;
      const sum = new Float32Array(dimsOf(filters).reduce((product, dim) => product * dim, 1));
      for (let plane = 0; plane < planes; plane++) {
        signsOf(data, plane * planeWords, filters).forEach((sign, i) => {
          sum[i]! += sign * 2 ** plane;
        });
      }
      return sum;
    }
  }
}
