// Writes a float network as ONNX.
import { elementTypes, node, onnxModel, tensor } from "../../../dist/onnx/protobuf.js";

/** @param {import("./float-twin.mjs").FloatNetwork} network @returns {Uint8Array} */
export function writeOnnx(network) {
  const parts = [];
  const add = (layer, type, inputs, attributes) => parts.push(node(type, inputs, layer.name, attributes));
  const constant = (layer, name, values, dims = [values.length]) => {
    parts.push(tensor(`${layer.name}.${name}`, Float32Array.from(values), dims));
    return `${layer.name}.${name}`;
  };
  for (const layer of network.layers) addLayer(layer, add, constant);
  const shapes = new Map(network.layers.map(({ name, shape }) => [name, shape]));
  const valueInfo = (name, { height, width, channels }) => {
    return { name, type: elementTypes.float, dims: [1, channels, height, width] };
  };
  return onnxModel({
    name: network.name,
    parts,
    inputs: [valueInfo("input", network.input)],
    outputs: network.outputs.map((name) => valueInfo(name, shapes.get(name))),
  });
}

function addLayer(layer, add, constant) {
  const { op, inputs, kernel, stride, padding, groups } = layer;
  const window = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
  switch (op) {
    case "conv": {
      const { weight, bias } = layer;
      const dims = [bias.length, weight.length / bias.length / kernel ** 2, kernel, kernel];
      const tensors = [constant(layer, "weight", weight, dims), constant(layer, "bias", bias)];
      return add(layer, "Conv", [...inputs, ...tensors], { ...window, group: groups });
    }
    case "normalize": {
      const { scale, bias } = layer;
      const tensors = [
        constant(layer, "scale", scale),
        constant(layer, "bias", bias),
        constant(
          layer,
          "mean",
          scale.map(() => 0),
        ),
        constant(
          layer,
          "var",
          scale.map(() => 1),
        ),
      ];
      return add(layer, "BatchNormalization", [...inputs, ...tensors], { epsilon: 0 });
    }
    case "clip":
      return add(layer, "Clip", inputs, { min: -1, max: 1 });
    case "leaky":
      return add(layer, "LeakyRelu", inputs, { alpha: layer.slope });
    case "add":
      return add(layer, "Add", inputs);
    case "average_pool":
      return add(layer, "AveragePool", inputs, window);
    case "max_pool":
      return add(layer, "MaxPool", inputs, window);
    case "concat":
      return add(layer, "Concat", inputs, { axis: 1 });
    case "upsample":
      return add(layer, "Resize", [...inputs, constant(layer, "scales", [1, 1, 2, 2])], { mode: "nearest" });
    default:
      throw new Error(`${layer.name}: ONNX of ${op} is not known`);
  }
}
