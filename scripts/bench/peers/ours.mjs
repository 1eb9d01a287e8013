// Our network, once for each variant of the native kernels and as the reference in TypeScript.
import { createReferenceKernels } from "../../../dist/nn/kernels/reference.js";
import { ModelFile } from "../../../dist/nn/model-file.js";
import { NativeNetwork } from "../../../dist/nn/native-network.js";
import { Network, planLayers } from "../../../dist/nn/network.js";
import { compile, stageWords } from "../../../dist/nn/program.js";

/** Runs once. @returns milliseconds */
function time(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** @returns contenders `{ name, run(): ms }`, the best variant first */
export function ourNetworks(graph, model, addon, outputs, picture) {
  const native = addon.variants().map((variant) => new NativeNetwork(graph, model, addon, variant, outputs));
  const networks = [...native, new Network(graph, model, createReferenceKernels(), outputs)];
  return networks.map((network) => {
    network.input.set(picture);
    return { name: network.kernels, run: () => time(() => network.run()) };
  });
}

/**
 * One binary convolution, 3×3, padding 1, alone: from signs to sums.
 * @returns contenders as above
 */
export function ourLayers(addon, { width, height, channels, outputs }, random) {
  const words = channels / 32;
  const ones = new Float32Array(channels).fill(1);
  const weight = Int32Array.from({ length: outputs * 9 * words }, () => random() * 2 ** 32);
  const tensors = {
    "sign.scale": { dtype: "F32", shape: [channels], data: ones },
    "sign.bias": { dtype: "F32", shape: [channels], data: new Float32Array(channels) },
    "conv.weight": { dtype: "U32", shape: [outputs, 3, 3, words], data: weight },
  };
  const model = modelOf(tensors);
  const graph = {
    name: "layer",
    input: { width, height, channels, mean: [...ones], scale: [...ones] },
    layers: [
      { op: "sign", name: "sign", input: "input" },
      { op: "binary_conv", name: "conv", input: "sign", kernel: 3, stride: 1, padding: 1, paddingSign: -1 },
    ],
    extra: {},
  };
  const compiled = compile(graph, model, planLayers(graph, model), []);
  const program = lastStage(compiled);
  const input = new Uint8Array(width * height * channels);
  const none = new Float32Array(0);
  return addon.variants().map((variant) => {
    const network = addon.createNetwork(program, compiled.tensors, variant);
    return { name: variant, run: () => time(() => addon.run(network, input, none)) };
  });
}

/** A model file in memory, which is safetensors. */
function modelOf(tensors) {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const header = JSON.stringify(Object.fromEntries(entries));
  const text = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Object.values(tensors).map((tensor) => Buffer.from(tensor.data.buffer));
  return ModelFile.parse(Buffer.concat([length, text, ...data]), "layer");
}

/** The program without its other stages, which only make the signs. `src/native/xnor.h` describes the bytes. */
function lastStage({ program, stages }) {
  const stageBytes = 4 * stageWords;
  const header = program.slice(0, program.byteLength - stages.length * stageBytes);
  new Int32Array(header.buffer)[4] = 1;
  return Uint8Array.from(Buffer.concat([header, program.slice(-stageBytes)]));
}
