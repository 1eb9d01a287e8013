import { randomFrom } from "../random.ts";
import type { Graph } from "./graph.ts";
import { inputName } from "./graph.ts";
import type { NativeAddon } from "./kernels/addon.ts";
import { createReferenceKernels } from "./kernels/reference.ts";
import type { ModelFile } from "./model-file.ts";
import { NativeNetwork } from "./native-network.ts";
import { type Engine, Network } from "./network.ts";
import { RandomModel } from "./random-model.ts";

/** Few pixels: on a Pi Zero the reference, not yet compiled, takes its time. Two blocks of four and a rest, or less. */
const width = 6;
const height = 4;

/**
 * Whether these native kernels give on this CPU what the reference gives: a tiny network with every operation is run
 * by both, and the outputs must be the same to the last bit.
 *
 * @returns undefined if they do, else one line on what differs
 */
export function selfTest(addon: NativeAddon, variant: string): string | undefined {
  for (const { graph, model, outputs } of [tinyNetwork(), realNetwork(), lowBitNetwork(), pooledNetwork()]) {
    const reference = new Network(graph, model, createReferenceKernels(), outputs);
    const native = new NativeNetwork(graph, model, addon, variant, outputs);
    const random = randomFrom(2);
    for (let i = 0; i < reference.input.length; i++) {
      reference.input[i] = native.input[i] = Math.floor(random() * 256);
    }
    reference.run();
    native.run();
    const different = outputs.find((name) => !sameOutput(reference, native, name));
    if (different !== undefined)
      return `output ${different} of its self-test is not what the reference gives`;
  }
  return undefined;
}

function sameOutput(a: Engine, b: Engine, name: string): boolean {
  const left = a.output(name).data;
  const right = b.output(name).data;
  // Of two zeros of different sign every operation behind makes the same.
  return left.length === right.length && left.every((value, i) => value === right[i]);
}

interface TestNetwork {
  readonly graph: Graph;
  readonly model: ModelFile;
  readonly outputs: readonly string[];
}

const window = (kernel: number, stride: number, padding: number) => ({ kernel, stride, padding });

/** Every way in which layers are joined to a stage, channels that don't fill a word. */
function tinyNetwork(): TestNetwork {
  const net = new RandomModel({ width, height, channels: 3, real: false }, randomFrom(1));
  const start = net.prelu(net.affine(net.int8Conv(inputName, 34, window(3, 1, 1)), 2 ** 17));
  const block = (input: string, outputs: number, stride: 1 | 2, paddingSign: 1 | -1) => {
    const sums = net.binaryConv(net.sign(input), outputs, window(3, stride, 1), paddingSign);
    const shortcut = stride === 2 ? net.averagePool(input) : input;
    const times = outputs / net.channelsOf(input);
    return net.prelu(
      net.add(net.affine(sums, 128), times > 1 ? net.repeatChannels(shortcut, times) : shortcut),
    );
  };
  const upper = block(start, 34, 1, -1);
  const lower = block(upper, 68, 2, 1);
  const bytes = (input: string) => net.quantize(net.batchNorm(input, [-2, 2]));
  const point = (input: string, outputs: number) =>
    net.affine(net.int8Conv(net.quantize(input), outputs, window(1, 1, 0)), 2 ** 15);
  const inBytes = (input: string, outputs: number) =>
    net.affine(net.int8Conv(bytes(input), outputs, window(3, 1, 1), -100), 2 ** 17);
  const side = point(lower, 17);
  const merged = net.add(point(upper, 17), net.upsample(side));
  return { outputs: [merged, inBytes(block(merged, 17, 1, -1), 7)], ...net.build() };
}

/** What begins in real numbers: the picture, a real convolution, signs of it, and signs of their sums. */
function realNetwork(): TestNetwork {
  const net = new RandomModel({ width, height, channels: 3, real: true }, randomFrom(3));
  const real = net.conv(inputName, 5, window(3, 2, 1));
  const sums = net.binaryConv(net.sign(real), 9, window(1, 1, 0), 1);
  // Signs of sums alone, by thresholds, then pooled.
  const counted = net.affine(net.binaryConv(net.sign(real), 34, window(3, 1, 1), 0), 64);
  const signs = net.sign(net.maxPool(counted, { kernel: 2, stride: 1, before: 1, after: 0 }));
  const behind = net.binaryConv(signs, 34, window(1, 1, 0), 1);
  return { outputs: [real, net.affine(sums, 4), net.affine(behind, 32)], ...net.build() };
}

/** The convolutions between binary and 8 bits, and XNOR-Net's scales. */
function lowBitNetwork(): TestNetwork {
  const net = new RandomModel({ width, height, channels: 3, real: false }, randomFrom(5));
  const start = net.affine(net.binaryWeightConv(inputName, 34, window(3, 1, 1)), 2 ** 12);
  const planes = net.planeConv(net.bitPlanes(start, 3), 17, window(3, 1, 1), 2);
  const ternary = net.ternaryConv(net.sign(start), 17, window(3, 1, 1), 0);
  const scales = net.activationScale(start, window(3, 1, 1));
  const signs = net.affine(net.binaryConv(net.sign(start), 17, window(3, 1, 1), -1), 256);
  const scaled = net.multiply(signs, scales);
  const merged = net.add(net.add(net.affine(planes, 2 ** 11), net.affine(ternary, 256)), scaled);
  return { outputs: [merged, net.realBinaryWeightConv(merged, 9, window(1, 1, 0))], ...net.build() };
}

/** XNOR-Net's own block, BatchNorm, sign, convolution, activation and pooling; and what joins and parts its maps. */
function pooledNetwork(): TestNetwork {
  const net = new RandomModel({ width, height, channels: 3, real: true }, randomFrom(7));
  const sums = net.binaryConv(net.sign(net.batchNorm(inputName)), 33, window(3, 1, 1), -1);
  const active = net.prelu(net.affine(sums, 32));
  const pooled = net.maxPool(active, { kernel: 2, stride: 1, before: 1, after: 0 });
  const joined = net.concat(net.slice(active, 3, 5), pooled);
  const signs = net.sign(net.maxPool(joined, { kernel: 2, stride: 2, before: 0, after: 0 }));
  const last = net.affine(net.binaryConv(signs, 9, window(1, 1, 0), 1), 64);
  return { outputs: [joined, net.logistic(last)], ...net.build() };
}
