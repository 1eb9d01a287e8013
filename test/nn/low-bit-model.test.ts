import { describe, expect, it } from "vitest";
import { fuse } from "../../src/nn/fuse.ts";
import { readGraph } from "../../src/nn/graph.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { ModelFile, type Tensor } from "../../src/nn/model-file.ts";
import { Network, planLayers } from "../../src/nn/network.ts";
import { RandomModel } from "../../src/nn/random-model.ts";
import { writeModelFile } from "../../src/nn/write-model-file.ts";
import { randomFrom } from "../../src/random.ts";

const window = { kernel: 3, stride: 1, padding: 1 };

/** Every layer between binary and 8 bits, and XNOR-Net's block with its scales. */
function network() {
  const net = new RandomModel({ width: 6, height: 4, channels: 3, real: true }, randomFrom(23));
  const start = net.realBinaryWeightConv("input", 5, window);
  const planes = net.bitPlanes(start, 2);
  const kBit = net.affine(net.planeConv(planes, 5, window, 2), 64);
  const signs = net.sign(start);
  const ternary = net.affine(net.ternaryConv(signs, 5, window, -1), 64);
  const normal = net.batchNorm(start, [-1, 1]);
  const own = net.affine(net.int8Conv(net.quantize(normal), 5, window, -9), 4096);
  const bytes = net.add(net.affine(net.binaryWeightConv(net.quantize(start), 5, window), 4096), own);
  const scales = net.activationScale(start, window);
  const scaled = net.multiply(net.affine(net.binaryConv(signs, 5, window, -1), 64), scales);
  const output = net.add(net.add(kBit, ternary), net.add(bytes, scaled));
  return { ...net.build(), output };
}

/** The model as a file, its graph or tensors changed. */
function written(
  change: (layers: Record<string, unknown>[], tensors: Map<string, Tensor>) => void = () => {},
): Uint8Array {
  const { graph, model } = network();
  const layers = structuredClone(graph.layers) as unknown as Record<string, unknown>[];
  const tensors = new Map(model.tensors);
  change(layers, tensors);
  const json = { version: 1, name: "m", input: graph.input, layers };
  // Tensors of whole words first: so their offsets stay aligned.
  return writeModelFile({ graph: JSON.stringify(json) }, tensors);
}

function open(file: Uint8Array): Network {
  const model = ModelFile.parse(file, "m.safetensors");
  return new Network(readGraph(model), model, createReferenceKernels(), [network().output]);
}

function run(engine: Network): Float32Array {
  engine.input.forEach((_, i) => {
    engine.input[i] = (i * 7919) % 256;
  });
  engine.run();
  return engine.output(network().output).data;
}

const layerOf = (layers: Record<string, unknown>[], op: string) => layers.find((each) => each.op === op)!;

describe("a model with layers between binary and 8 bits", () => {
  it("computes from its file what it computes in memory", () => {
    const { graph, model, output } = network();
    const inMemory = run(new Network(graph, model, createReferenceKernels(), [output]));
    expect(inMemory.some((value) => value !== 0)).toBe(true);
    expect(run(open(written()))).toEqual(inMemory);
  });

  it("is refused when activations have no bits, or more than 8", () => {
    for (const planes of [0, 9, 1.5, "2"]) {
      const file = written((layers) => Object.assign(layerOf(layers, "bit_planes"), { planes }));
      expect(() => open(file)).toThrow(/^m\.safetensors: layer l1.*planes/);
    }
  });

  it("is refused when a layer reads what it cannot compute with, and says what it needs", () => {
    const reading = (op: string, input: string) =>
      written((layers) => Object.assign(layerOf(layers, op), { input }));
    expect(() => open(reading("plane_conv", "l0"))).toThrow(/reads real, but plane_conv needs planes/);
    expect(() => open(reading("ternary_conv", "l1"))).toThrow(/reads planes, but ternary_conv needs bits/);
    expect(() => open(reading("activation_scale", "l1"))).toThrow(
      /reads planes, but activation_scale needs real/,
    );
    expect(() => open(reading("bit_planes", "nothing"))).toThrow(/reads nothing, which no layer before it/);
  });

  it("is refused when weights are missing, have another shape, or bits of channels that are not there", () => {
    const without = (name: string) => written((_, tensors) => tensors.delete(name));
    const { graph } = network();
    const nameOf = (op: string) => graph.layers.find((each) => each.op === op)!.name;
    const [plane, ternary, real] = ["plane_conv", "ternary_conv", "binary_weight_conv"].map(nameOf);
    expect(() => open(without(`${ternary}.mask`))).toThrow(`tensor ${ternary}.mask is missing`);
    expect(() => open(without(`${real}.scale`))).toThrow(`tensor ${real}.scale is missing`);
    const flat = written((_, tensors) => {
      const tensor = tensors.get(`${plane}.weight`)!;
      tensors.set(`${plane}.weight`, { ...tensor, shape: [10, 3, 3, 1] });
    });
    expect(() => open(flat)).toThrow(`tensor ${plane}.weight has 4 dimensions, expected 5`);
    const beyond = written((_, tensors) => {
      const tensor = tensors.get(`${ternary}.mask`)!;
      tensors.set(`${ternary}.mask`, { ...tensor, data: (tensor.data as Int32Array).map(() => 1 << 5) });
    });
    expect(() => open(beyond)).toThrow(
      `layer ${ternary} has bits set in ${ternary}.mask beyond its last channel`,
    );
  });

  it("is refused when it clips to nothing, or pads with what is no byte", () => {
    const clipped = (clip: unknown) =>
      written((layers) => Object.assign(layerOf(layers, "batch_norm"), { clip }));
    expect(() => open(clipped([1, -1]))).toThrow(/clips to \[1, -1\], of which the first is greater/);
    expect(() => open(clipped([1]))).toThrow(/layer l\d+\.clip/);
    for (const paddingValue of [-129, 128, 0.5]) {
      const file = written((layers) => Object.assign(layerOf(layers, "int8_conv"), { paddingValue }));
      expect(() => open(file)).toThrow(/layer l\d+\.paddingValue/);
    }
  });

  it("is refused when its sums may be too large", () => {
    const net = new RandomModel({ width: 1, height: 1, channels: 4096, real: true }, randomFrom(1));
    const planes = net.bitPlanes("input", 8);
    net.planeConv(planes, 1, { kernel: 1, stride: 1, padding: 0 }, 8);
    const largest = net.build();
    expect(() => planLayers(largest.graph, largest.model)).not.toThrow();
    net.planeConv(planes, 1, { kernel: 2, stride: 1, padding: 1 }, 8);
    const { graph, model } = net.build();
    expect(() => planLayers(graph, model)).toThrow(
      "layer l2 may give sums of 1065369600, the limit is 536870912: use fewer bits",
    );
  });

  it("is refused when it multiplies by a map of another size or of several channels", () => {
    const net = new RandomModel({ width: 4, height: 4, channels: 2, real: true }, randomFrom(1));
    net.multiply("input", net.activationScale("input", { kernel: 3, stride: 2, padding: 1 }));
    const { graph, model } = net.build();
    expect(() => planLayers(graph, model)).toThrow(
      "layer l1 multiplies a map of 4×4 by one of 2×2×1, expected the same size and 1 channel",
    );
  });

  it("passes an activation once where XNOR-Net's scales are there before its convolution", () => {
    const { graph, model, output } = network();
    const read = graph.layers.findIndex(({ name }) => name === output) + 1;
    const stages = fuse(graph, planLayers(graph, model), [read], () => true);
    expect(stages.map(({ source }) => source)).toEqual([
      ...["picture", "real_binary_weight_conv", "plane_conv", "ternary_conv", "batch_norm"],
      ...["int8_conv", "binary_weight_conv"],
      // The last adds two sums, each of which is part of another stage.
      ...["activation_scale", "binary_conv", "real"],
    ]);
    const [scales, scaled] = stages.slice(-3);
    expect(scaled!.factors).toBe(scales!.value);
  });
});
