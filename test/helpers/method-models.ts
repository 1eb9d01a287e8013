import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MethodName } from "../../src/method-files.ts";
import { inputName } from "../../src/nn/graph.ts";
import { RandomModel } from "../../src/nn/random-model.ts";
import { writeModelFile } from "../../src/nn/write-model-file.ts";
import { randomFrom } from "../../src/random.ts";

const classes = ["person", "knife"];
/** Of the head: a logit for each class, a distance to each side. */
const outputs = classes.length + 4;
const stride = 4;
const window = (kernel: number, step: number, padding: number) => ({ kernel, stride: step, padding });

/** The convolution of each method, from a real map to a real map. */
const convolutions: Readonly<
  Record<MethodName, (net: RandomModel, input: string, outputs: number) => string>
> = {
  float: (net, input, n) => net.conv(input, n, window(3, 1, 1)),
  int8: (net, input, n) => net.affine(net.int8Conv(net.quantize(input), n, window(3, 1, 1)), 2 ** 17),
  binaryconnect: (net, input, n) => net.realBinaryWeightConv(input, n, window(3, 1, 1)),
  bwn: (net, input, n) => net.affine(net.binaryWeightConv(net.quantize(input), n, window(3, 1, 1)), 2 ** 12),
  bnn: binary,
  xnor: (net, input, n) => net.multiply(binary(net, input, n), net.activationScale(input, window(3, 1, 1))),
  "xnor-learned": binary,
  "dorefa-2": (net, input, n) =>
    net.affine(net.planeConv(net.bitPlanes(input, 2), n, window(3, 1, 1), 1), 2 ** 10),
  ternary: (net, input, n) => net.affine(net.ternaryConv(net.sign(input), n, window(3, 1, 1), -1), 256),
};

function binary(net: RandomModel, input: string, n: number): string {
  return net.affine(net.binaryConv(net.sign(input), n, window(3, 1, 1), -1), 256);
}

/**
 * A small detector with random weights, its convolution in the middle computed as by the method.
 * @param options whether the file states the method
 */
export function methodModel(
  method: MethodName,
  { side = 32, channels = 34, isStated = false } = {},
): Uint8Array {
  const net = new RandomModel({ width: side, height: side, channels: 3, real: false }, randomFrom(7));
  const stem = net.prelu(net.affine(net.int8Conv(inputName, channels, window(3, stride, 1)), 2 ** 17));
  const middle = convolutions[method](net, stem, channels);
  const head = net.affine(net.int8Conv(net.quantize(middle), outputs, window(1, 1, 0)), 2 ** 15);
  const { graph, model } = net.build();
  const { input, layers } = graph;
  const detection = {
    classes,
    weapons: ["knife"],
    thresholds: [0.5, 0.5],
    outputs: [{ layer: head, stride }],
    nmsIou: 0.5,
    candidates: 100,
    maxDetections: 6,
  };
  const training = isStated ? { training: { method } } : {};
  const json = { version: 1, name: "random", input, layers, detection, ...training };
  // Words and floats first, so that the offsets of all stay aligned.
  const tensors = [...model.tensors].sort(
    ([, a], [, b]) => Number(a.dtype === "I8") - Number(b.dtype === "I8"),
  );
  return writeModelFile({ graph: JSON.stringify(json) }, new Map(tensors));
}

/** Writes the models of the methods to a folder, which is made. */
export function writeMethodModels(folder: string, names: readonly MethodName[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, `${name}.safetensors`), methodModel(name));
}
