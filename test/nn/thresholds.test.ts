import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/nn/graph.ts";
import { loadWasm } from "../../src/nn/kernels/load-wasm.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import type { ModelFile } from "../../src/nn/model-file.ts";
import { NativeNetwork } from "../../src/nn/native-network.ts";
import { Network } from "../../src/nn/network.ts";
import { RandomModel } from "../../src/nn/random-model.ts";
import { randomFrom } from "../../src/random.ts";

const variants = [loadAddon(), loadWasm()].flatMap((addon) =>
  addon.variants().map((variant) => ({ addon, variant })),
);
const window = { kernel: 1, stride: 1, padding: 0 };

interface Block {
  readonly graph: Graph;
  readonly model: ModelFile;
  readonly outputs: readonly string[];
  /** Scale and bias of the sums, slope, scale and bias of the signs, of each channel. */
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  readonly slope: Float32Array;
  readonly signScale: Float32Array;
  readonly signBias: Float32Array;
}

/**
 * A convolution of bytes whose sums take every value from −128 to 127 in each channel, BatchNorm, an activation, and the
 * signs, which a binary convolution makes visible: one that is wrong changes all of its outputs.
 */
function block(channels: number, { readsValue = false, pools = false, readsPool = false } = {}): Block {
  const random = randomFrom(channels);
  const net = new RandomModel({ width: 16, height: 16, channels: 1, real: false }, random);
  const sums = net.int8Conv("input", channels, window);
  const value = net.prelu(net.affine(sums, 1));
  const pooled = pools ? net.maxPool(value, { kernel: 3, stride: 2, before: 1, after: 0 }) : value;
  const sign = net.sign(pooled);
  const output = net.affine(net.binaryConv(sign, 32, window, -1), 1);
  const { graph, model } = net.build();
  const data = (name: string) => model.tensors.get(name)!.data as Float32Array;
  (model.tensors.get(`${sums}.weight`)!.data as Int8Array).fill(1);
  const [affine] = graph.layers.filter(({ op }) => op === "affine");
  const tensors = {
    scale: data(`${affine!.name}.scale`),
    bias: data(`${affine!.name}.bias`),
    slope: data(`${value}.slope`),
    signScale: data(`${sign}.scale`),
    signBias: data(`${sign}.bias`),
  };
  for (const data of Object.values(tensors)) data.set(data.map(() => random() * 4 - 2));
  tensors.slope.set(tensors.slope.map(Math.abs));
  return {
    graph,
    model,
    outputs: [output, ...(readsValue ? [value] : []), ...(readsPool ? [pooled] : [])],
    ...tensors,
  };
}

/** Runs it by all kernels, which have to agree. @returns of each variant, whether the block has thresholds */
function run(block: Block): boolean[] {
  return opsOf(block).map((ops) => ops.includes("int8_conv affine prelu sign by thresholds"));
}

/** Runs it by all kernels, which have to agree. @returns of each variant, the layers of its stages */
function opsOf({ graph, model, outputs }: Block): string[][] {
  const reference = new Network(graph, model, createReferenceKernels(), outputs);
  reference.input.set(reference.input.map((_, i) => i));
  reference.run();
  return variants.map(({ addon, variant }) => {
    const native = new NativeNetwork(graph, model, addon, variant, outputs);
    native.input.set(reference.input);
    native.run();
    for (const name of outputs) {
      expect(native.output(name).data, variant).toEqual(reference.output(name).data);
    }
    return native.steps.map(({ op }) => op);
  });
}

const all = (value: boolean) => variants.map(() => value);

describe("the signs of a convolution in integers", () => {
  it.each([1, 7, 31, 32, 33, 64, 70, 100])("are made by thresholds, %i channels of them", (channels) => {
    expect(run(block(channels))).toEqual(all(true));
  });

  it("turn at the sum at which they do in single precision, be it the first, the last or none", () => {
    const net = block(256);
    const turns = [-128, -127, -1, 0, 1, 126, 127];
    const small = [0, -0, 2 ** -149, -(2 ** -149), -(2 ** -126)];
    for (let c = 0; c < 256; c++) {
      net.bias[c] = -net.scale[c]! * turns[c % turns.length]!;
      net.signBias[c] = small[c % small.length]!;
      if (c % 11 === 0) net.scale[c] = [0, -0][c % 2]!;
      if (c % 13 === 0) net.signScale[c] = [0, -0, 2 ** 127, -(2 ** 127)][c % 4]!;
      if (c % 17 === 0) net.slope[c] = [0, -0][c % 2]!;
    }
    expect(run(net)).toEqual(all(true));
  });

  it("are made before a pooling, which pools them", () => {
    const net = block(100, { pools: true });
    // Slopes below 0 turn the order of the sums round, and negative scales of the signs that of the values.
    net.slope.set(net.slope.map((slope, c) => (c % 7 === 0 ? -slope : slope)));
    for (const [c, scale] of [0, -0, 2 ** 80, -(2 ** 80)].entries()) net.signScale[c] = scale;
    for (const ops of opsOf(net)) {
      expect(ops).toEqual(["picture", "int8_conv affine prelu", "max_pool sign", "binary_conv affine"]);
    }
    net.slope.set(net.slope.map(Math.abs));
    expect(opsOf(net).map(([, conv]) => conv)).toEqual(
      variants.map(() => "int8_conv affine prelu by thresholds"),
    );
  });

  it("are made behind a pooling where somebody reads what is pooled, or the values, or those could overflow", () => {
    const tooLarge = block(40, { pools: true });
    tooLarge.scale[9] = 2 ** 100;
    for (const net of [
      tooLarge,
      block(40, { pools: true, readsPool: true }),
      block(40, { pools: true, readsValue: true }),
    ]) {
      expect(opsOf(net).map(([, conv]) => conv)).toEqual(variants.map(() => "int8_conv affine prelu"));
    }
  });

  it("are made of values where somebody reads those, too", () => {
    expect(run(block(40, { readsValue: true }))).toEqual(all(false));
  });

  it("are made of values where an activation turns back in one channel", () => {
    const net = block(40);
    net.slope[9] = -0.25;
    expect(run(net)).toEqual(all(false));
  });

  it("are made of values where those could overflow", () => {
    const net = block(40);
    net.scale[9] = 2 ** 100;
    expect(run(net)).toEqual(all(false));
  });
});
