// The float twin of a binary network, layer by layer: real weights and a clipped-linear activation where the binary one
// has signs, as `XnorYolo(method="float")` of scripts/train/model.py, everything folded that can be folded.

/**
 * A layer of a float network, with tensors in the order of ONNX: weights are (outputs, inputs / groups, kernel, kernel).
 * @typedef {{ height: number, width: number, channels: number }} Shape
 * @typedef {{ op: "conv" | "normalize" | "clip" | "leaky" | "add" | "average_pool" | "max_pool" | "concat" | "upsample",
 *   name: string, inputs: string[], shape: Shape, kernel?: number, stride?: number, padding?: number, groups?: number,
 *   weight?: Float32Array, bias?: Float32Array, scale?: Float32Array, slope?: number }} FloatLayer
 * @typedef {{ name: string, input: Shape, layers: FloatLayer[], outputs: string[] }} FloatNetwork
 */

/**
 * @param graph of a model that begins in integers: its input is the picture's bytes less 128
 * @param tensors of the model
 * @param shapes of the output of each layer, by name
 * @param outputs names of layers
 * @returns {FloatNetwork}
 */
export function floatTwin(graph, tensors, shapes, outputs) {
  const { width, height, channels } = graph.input;
  const specs = new Map(graph.layers.map((spec) => [spec.name, spec]));
  const tensor = (spec, name) => tensors.get(`${spec.name}.${name}`).data;
  const layers = [];
  const emit = (op, spec, inputs, fields = {}) =>
    layers.push({ op, name: spec.name, inputs, shape: shapes.get(spec.name), ...fields });

  for (const spec of graph.layers) {
    switch (spec.op) {
      case "quantize": // A cut into steps: the convolution behind it takes it into its weights.
      case "int8_conv":
      case "binary_conv": // With the scale and bias behind it, which all of them have.
        break;
      case "sign": {
        const normalized = `${spec.name}.norm`;
        const fields = { scale: tensor(spec, "scale"), bias: tensor(spec, "bias") };
        emit("normalize", { name: normalized }, [spec.input], { shape: shapes.get(spec.name), ...fields });
        emit("clip", spec, [normalized]);
        break;
      }
      case "affine": {
        const conv = specs.get(spec.input);
        const source = specs.get(conv.input);
        const quantized = source?.op === "quantize";
        const inputs = source === undefined ? channels : shapes.get(source.name).channels;
        const weight = unpack(conv, tensor(conv, "weight"), inputs, shapes.get(spec.name).channels);
        const steps = quantized ? tensor(source, "scale") : undefined;
        emit("conv", spec, [quantized ? source.input : conv.input], {
          ...{ kernel: conv.kernel, stride: conv.stride, padding: conv.padding, groups: 1 },
          weight: scaled(weight, tensor(spec, "scale"), steps, inputs),
          bias: tensor(spec, "bias"),
        });
        break;
      }
      case "prelu": {
        const slopes = tensor(spec, "slope");
        if (slopes.some((slope) => slope !== slopes[0])) throw new Error(`${spec.name}: its slopes differ`);
        emit("leaky", spec, [spec.input], { slope: slopes[0] });
        break;
      }
      case "average_pool":
        emit("average_pool", spec, [spec.input], { kernel: 2, stride: 2, padding: 0 });
        break;
      case "repeat_channels":
        emit("concat", spec, new Array(spec.times).fill(spec.input));
        break;
      case "upsample":
        emit("upsample", spec, [spec.input]);
        break;
      case "add":
        emit("add", spec, spec.inputs);
        break;
      default:
        throw new Error(`${spec.name}: a float twin of ${spec.op} is not known`);
    }
  }
  return { name: `${graph.name}-float`, input: { height, width, channels }, layers, outputs };
}

/** Signs or bytes (outputs, kernel, kernel, inputs) → floats (outputs, inputs, kernel, kernel). */
function unpack(conv, weight, inputs, outputs) {
  const taps = conv.kernel ** 2;
  const words = Math.ceil(inputs / 32);
  const isBinary = conv.op === "binary_conv";
  const unpacked = new Float32Array(outputs * inputs * taps);
  for (let o = 0, to = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < taps; tap++, to++) {
        const pixel = o * taps + tap;
        unpacked[to] = isBinary
          ? ((weight[pixel * words + (i >> 5)] >>> (i & 31)) & 1) * 2 - 1
          : weight[pixel * inputs + i];
      }
    }
  }
  return unpacked;
}

/** @param scale of each output @param steps of each input, if they are cut into steps */
function scaled(weight, scale, steps, inputs) {
  const taps = weight.length / scale.length / inputs;
  return weight.map((value, at) => {
    const input = Math.floor(at / taps) % inputs;
    return value * scale[Math.floor(at / taps / inputs)] * (steps?.[input] ?? 1);
  });
}

/** Multiply-accumulates of all convolutions. */
export function macs({ layers }) {
  const ofLayer = ({ weight, shape }) =>
    weight === undefined ? 0 : weight.length * shape.height * shape.width;
  return layers.reduce((sum, layer) => sum + ofLayer(layer), 0);
}
