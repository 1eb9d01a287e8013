// One convolution of a shape, by each method.
import { createReferenceKernels } from "../../../dist/nn/kernels/reference.js";
import { Network, planLayers } from "../../../dist/nn/network.js";
import { compile } from "../../../dist/nn/program.js";
import { RandomModel } from "../../../dist/nn/random-model.js";
import { randomFrom } from "../../../dist/random.js";

/** Of `xnor-yolo-zero`, and of the papers; instructions are counted of the first, since the emulator takes its time. */
export const shapes = [
  { width: 14, height: 14, channels: 64, isCounted: true },
  { width: 14, height: 14, channels: 256, isCounted: false },
];

const window = { kernel: 3, stride: 1, padding: 1 };

/** Likewise "binary, to signs", its signs made of real numbers instead of by thresholds. */
const inFloats = "binary, to signs in floats";

/** Each writes its convolution from the input on, as a camera would run it: α and BatchNorm behind it are included. */
const methods = {
  binary: (net, n) => net.affine(net.binaryConv(net.sign("input"), n, window, -1), 9 * n),
  "2×1 bits": (net, n) => planes(net, n, 2, 1),
  "2×2 bits": (net, n) => planes(net, n, 2, 2),
  "4×1 bits": (net, n) => planes(net, n, 4, 1),
  ternary: (net, n) => net.affine(net.ternaryConv(net.sign("input"), n, window, -1), 9 * n),
  int8: (net, n) => net.affine(net.int8Conv(net.quantize("input"), n, window), 2 ** 18),
  "binary weights, bytes": (net, n) =>
    net.affine(net.binaryWeightConv(net.quantize("input"), n, window), 2 ** 14),
  "binary weights, reals": (net, n) => net.realBinaryWeightConv("input", n, window),
  float: (net, n) => net.conv("input", n, window),
  "binary, to signs": toSigns,
  [inFloats]: toSigns,
};

/** The next convolution's signs, as in the papers' networks, which have no real shortcut. */
function toSigns(net, channels) {
  const normal = net.affine(net.binaryConv(net.sign("input"), channels, window, -1), 9 * channels);
  return net.affine(net.binaryConv(net.sign(normal), 1, window, -1), 9 * channels);
}

function planes(net, channels, bits, weightBits) {
  const sums = net.planeConv(net.bitPlanes("input", bits), channels, window, weightBits);
  return net.affine(sums, 9 * channels * 2 ** (bits + weightBits));
}

/**
 * @returns for each method its network, the stage of its convolution, a picture, and what the reference makes of that;
 * of the weights what the model file holds, scales and biases aside
 */
export function createCases({ width, height, channels }) {
  return Object.entries(methods).map(([name, write]) => {
    const random = randomFrom(17);
    const net = new RandomModel({ width, height, channels, real: true }, random);
    const output = write(net, channels);
    const { graph, model } = net.build();
    // For sums far beyond those that there are it overflows, and so the native kernels find no thresholds.
    if (name === inFloats) model.tensors.get("l2.scale").data[0] = 2 ** 100;
    const compiled = compile(graph, model, planLayers(graph, model), [output]);
    const reference = new Network(graph, model, createReferenceKernels(), [output]);
    for (let i = 0; i < reference.input.length; i++) reference.input[i] = Math.floor(random() * 256);
    reference.run();
    const weights = [...model.tensors].filter(([tensor]) => /\.(weight|sign|mask)$/.test(tensor));
    return {
      name,
      ...compiled,
      stage: compiled.stages.findIndex(({ conv }) => conv !== undefined),
      input: reference.input,
      expected: reference.output(output).data,
      weightBytes: weights.reduce((sum, [, { data }]) => sum + data.byteLength, 0),
    };
  });
}
