// Writes a float network as ONNX, opset 10, which OpenCV 4.6 can read: protobuf by hand, since the format is small and a library is not.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the numbers of the fields.

const opset = 10;
const irVersion = 5;
const float32 = 1;
/** Attributes of the operators below that are floats; other numbers are integers. */
const floats = new Set(["alpha", "epsilon", "min", "max"]);
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 };

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, data) => Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
const text = (field, value) => bytes(field, Buffer.from(value));
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

function float(field, value) {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), data]);
}

function attribute(name, value) {
  if (typeof value === "string") return [text(1, name), text(4, value), integer(20, attributeTypes.string)];
  if (Array.isArray(value)) {
    return [text(1, name), ...value.map((item) => integer(8, item)), integer(20, attributeTypes.ints)];
  }
  return floats.has(name)
    ? [text(1, name), float(2, value), integer(20, attributeTypes.float)]
    : [text(1, name), integer(3, value), integer(20, attributeTypes.int)];
}

function tensor(name, data, dims) {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...dims.map((dim) => integer(1, dim)), integer(2, float32), text(8, name), bytes(9, raw));
}

function valueInfo(field, name, { height, width, channels }) {
  const dims = [1, channels, height, width].map((dim) => message(1, integer(1, dim)));
  return message(field, text(1, name), message(2, message(1, integer(1, float32), message(2, ...dims))));
}

/** @param {import("./float-twin.mjs").FloatNetwork} network @returns {Buffer} */
export function writeOnnx(network) {
  const parts = [];
  const add = (layer, type, inputs, attributes = {}) => {
    const names = [
      ...inputs.map((name) => text(1, name)),
      text(2, layer.name),
      text(3, layer.name),
      text(4, type),
    ];
    const fields = Object.entries(attributes).map(([name, value]) => message(5, ...attribute(name, value)));
    parts.push(message(1, ...names, ...fields));
  };
  const constant = (layer, name, values, dims = [values.length]) => {
    parts.push(tensor(`${layer.name}.${name}`, Float32Array.from(values), dims));
    return `${layer.name}.${name}`;
  };
  for (const layer of network.layers) addLayer(layer, add, constant);
  const shapes = new Map(network.layers.map(({ name, shape }) => [name, shape]));
  const graph = message(
    7,
    ...parts,
    text(2, network.name),
    valueInfo(11, "input", network.input),
    ...network.outputs.map((name) => valueInfo(12, name, shapes.get(name))),
  );
  return Buffer.concat([integer(1, irVersion), graph, message(8, text(1, ""), integer(2, opset))]);
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
