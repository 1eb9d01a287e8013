// Holds every variant of the native kernels against the reference, to the last bit:
//
//   node agreement.mjs ADDON|wasm GRID GRAPHS RESAMPLINGS
//
// the numbers of single layers, of random networks and of resamplings to compare. It is plain JavaScript on the compiled
// program, so that it runs under a sanitizer and in the emulated Node of another board, too. Prints one line of JSON;
// on the first difference it throws.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { nativeResamplers } from "../../dist/detect/native-resampler.js";
import { createResampler, triangleTaps } from "../../dist/image/resample.js";
import { loadWasm } from "../../dist/nn/kernels/load-wasm.js";
import { loadAddon } from "../../dist/nn/kernels/native.js";
import { createReferenceKernels } from "../../dist/nn/kernels/reference.js";
import { NativeNetwork } from "../../dist/nn/native-network.js";
import { Network } from "../../dist/nn/network.js";
import { RandomModel } from "../../dist/nn/random-model.js";
import { randomFrom } from "../../dist/random.js";

const kinds = [
  ...["real", "int8", "int8 padded", "batch norm", "binary −1", "binary +1", "binary 0"],
  ...["ternary −1", "ternary +1", "ternary 0", "binary weights", "binary weights of reals", "scales"],
  ...["max pool", "signs of a max pool", "slice", "concat", "logistic"],
  // Bits of the activations × bits of the weights.
  ...["1×1 bits", "2×1 bits", "2×2 bits", "4×1 bits", "3×3 bits", "8×4 bits"],
];
const channelCounts = [1, 2, 3, 5, 8, 16, 24, 31, 32, 33, 40, 64, 65, 70, 96, 100, 128];
const kernelSizes = [1, 3, 5];

/** What the picture holds. */
const fillings = {
  random: (random) => Math.floor(random() * 256),
  "all zeros": () => 0,
  "all ones": () => 255,
  alternating: (_, i) => (i % 2) * 255,
};

/**
 * Case `index` of single layers: a convolution, or another layer with a loop of its own, and what stands around it. Kinds
 * come in turn, and each meets widths from 1 to 70, all of them in 70 turns.
 */
export function singleLayer(index, random) {
  const pick = (values) => values[Math.floor(random() * values.length)];
  const kindIndex = index % kinds.length;
  const kind = kinds[kindIndex];
  const kernel = pick(kernelSizes);
  const padding = Math.floor(random() * kernel);
  const window = { kernel, stride: 1 + Math.floor(random() * 3), padding };
  const turn = Math.floor(index / kinds.length);
  const width = Math.max(1 + ((29 * turn + kindIndex) % 70), kernel - 2 * padding);
  const height = Math.max(1 + Math.floor(random() * 4), kernel - 2 * padding);
  const channels = pick(channelCounts);
  const outputs = pick(channelCounts);
  const bytes = kind.startsWith("int8") || kind === "binary weights";
  const net = new RandomModel({ width, height, channels, real: !bytes }, random);
  const taps = kernel * kernel * channels;
  const byPlanes = (planes, weightPlanes) =>
    net.affine(
      net.planeConv(net.bitPlanes("input", planes), outputs, window, weightPlanes),
      taps * 2 ** (planes + weightPlanes),
    );
  const pooled = () =>
    net.maxPool("input", poolWindow(random, { kernel, stride: window.stride, width, height }));
  const sumsOf = {
    int8: () => net.affine(net.int8Conv("input", outputs, window), taps * 4096),
    "int8 padded": () => net.affine(net.int8Conv("input", outputs, window, anyByte(random)), taps * 4096),
    "batch norm": () => net.batchNorm("input", clipOf(random)),
    "binary −1": () => net.affine(net.binaryConv(net.sign("input"), outputs, window, -1), taps),
    "binary +1": () => net.affine(net.binaryConv(net.sign("input"), outputs, window, 1), taps),
    "binary 0": () => net.affine(net.binaryConv(net.sign("input"), outputs, window, 0), taps),
    real: () => net.conv("input", outputs, window),
    "ternary −1": () => net.affine(net.ternaryConv(net.sign("input"), outputs, window, -1), taps),
    "ternary +1": () => net.affine(net.ternaryConv(net.sign("input"), outputs, window, 1), taps),
    "ternary 0": () => net.affine(net.ternaryConv(net.sign("input"), outputs, window, 0), taps),
    "binary weights": () => net.affine(net.binaryWeightConv("input", outputs, window), taps * 128),
    "binary weights of reals": () => net.realBinaryWeightConv("input", outputs, window),
    scales: () => net.activationScale("input", window),
    "max pool": pooled,
    "signs of a max pool": () =>
      net.affine(
        net.binaryConv(net.sign(pooled()), outputs, { kernel: 1, stride: 1, padding: 0 }, 1),
        channels,
      ),
    slice: () => anySlice(net, "input", random),
    concat: () =>
      net.concat(...Array.from({ length: 2 + (index % 3) }, () => anySlice(net, "input", random)), "input"),
    logistic: () => net.logistic(net.conv("input", outputs, window)),
    "1×1 bits": () => byPlanes(1, 1),
    "2×1 bits": () => byPlanes(2, 1),
    "2×2 bits": () => byPlanes(2, 2),
    "4×1 bits": () => byPlanes(4, 1),
    "3×3 bits": () => byPlanes(3, 3),
    "8×4 bits": () => byPlanes(8, 4),
  };
  const output = sumsOf[kind]();
  const title = `${kind} ${width}×${height}×${channels} → ${outputs}, kernel ${kernel}, stride ${window.stride}, padding ${padding}`;
  return { title, ...net.build(), outputs: [output] };
}

const anyByte = (random) => Math.floor(random() * 256) - 128;
/** Half of the time none. */
const clipOf = (random) => (random() < 0.5 ? undefined : [-2 * random(), 2 * random()]);

/** A window of any padding that fits a map. */
function poolWindow(random, { kernel, stride, width, height }) {
  const least = Math.max(0, kernel - Math.min(width, height));
  const before = Math.floor(random() * kernel);
  const after = Math.max(least - before, Math.floor(random() * kernel));
  return { kernel, stride, before, after };
}

function anySlice(net, input, random) {
  const all = net.channelsOf(input);
  const channels = 1 + Math.floor(random() * all);
  return net.slice(input, Math.floor(random() * (all - channels + 1)), channels);
}

/** Blocks as XNOR-Net's paper draws them: BatchNorm, sign, convolution, activation, pooling; then what joins two branches. */
export function papersNetwork(random) {
  const below = (limit) => Math.floor(random() * limit);
  const net = new RandomModel(
    { width: 17 + below(8), height: 16 + below(8), channels: 3, real: true },
    random,
  );
  const block = (input, outputs) => {
    const inputs = net.channelsOf(input);
    const signs = net.sign(random() < 0.5 ? net.batchNorm(input) : input);
    const sums = net.binaryConv(signs, outputs, { kernel: 3, stride: 1, padding: 1 }, 1 - 2 * below(2));
    const active = net.prelu(net.affine(sums, 9 * inputs));
    return net.maxPool(active, { kernel: 2 + below(2), stride: 2, before: 0, after: below(2) });
  };
  const first = net.conv("input", 32, { kernel: 3, stride: 1, padding: 1 });
  const second = block(first, 40);
  const third = block(second, 64);
  const half = net.channelsOf(third) / 2;
  const same = { kernel: 3, stride: 1, before: 1, after: 1 };
  const branch = net.maxPool(net.slice(third, half, half), same);
  const joined = net.concat(third, branch, net.slice(third, 0, half));
  const scores = net.logistic(net.conv(joined, 14, { kernel: 1, stride: 1, padding: 0 }));
  return { title: JSON.stringify(net.build().graph), ...net.build(), outputs: [joined, scores] };
}

/** A network of random layers that read any map before them: joined to stages where they can be, apart where not. */
export function randomNetwork(random) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (values) => values[below(values.length)];
  const channels = 1 + below(6);
  const size = { width: 2 * (1 + below(12)), height: 2 * (1 + below(5)) };
  const real = random() < 0.5;
  const net = new RandomModel({ ...size, channels, real }, random);
  const same = { kernel: 3, stride: 1, padding: 1 };
  const shape = (name, { width, height }) => ({ name, width, height });
  const maps = real
    ? [shape("input", size)]
    : [shape(net.affine(net.int8Conv("input", pick([5, 8, 33]), same), 2 ** 16), size)];
  const count = 4 + below(14);
  for (let i = 0; i < count; i++) {
    const map = random() < 0.6 ? maps.at(-1) : pick(maps);
    const stride = 1 + below(2);
    const smaller = { width: Math.ceil(map.width / stride), height: Math.ceil(map.height / stride) };
    const window = { ...same, stride };
    const outputs = pick([1, 7, 16, 31, 32, 40, 64, 72]);
    const isEven = map.width % 2 === 0 && map.height % 2 === 0;
    const inputs = net.channelsOf(map.name);
    const twins = maps.filter(
      (other) =>
        other.width === map.width && other.height === map.height && net.channelsOf(other.name) === inputs,
    );
    const choices = [
      () => {
        const sums = net.binaryConv(net.sign(map.name), outputs, window, pick([1, 0, -1]));
        return shape(net.affine(sums, 9 * inputs), smaller);
      },
      () => {
        // XNOR-Net's block with its real shortcut.
        const wide = inputs * pick([1, 2]);
        const halves = stride === 2 && isEven;
        const own = { ...same, stride: halves ? 2 : 1 };
        const main = net.affine(net.binaryConv(net.sign(map.name), wide, own, pick([1, 0, -1])), 9 * inputs);
        const pooled = halves ? net.averagePool(map.name) : map.name;
        const shortcut = wide > inputs ? net.repeatChannels(pooled, wide / inputs) : pooled;
        const sum = random() < 0.5 ? net.add(main, shortcut) : net.add(shortcut, main);
        return shape(random() < 0.7 ? net.prelu(sum) : sum, halves ? smaller : map);
      },
      () => {
        // XNOR-Net's own block: with its scales, made before the convolution or behind it.
        const early = random() < 0.5 ? net.activationScale(map.name, window) : undefined;
        const main = net.affine(
          net.binaryConv(net.sign(map.name), outputs, window, pick([1, 0, -1])),
          9 * inputs,
        );
        const scaled = net.multiply(main, early ?? net.activationScale(map.name, window));
        return shape(random() < 0.5 ? net.prelu(scaled) : scaled, smaller);
      },
      () => {
        const [planes, weightPlanes] = [1 + below(4), 1 + below(2)];
        const sums = net.planeConv(net.bitPlanes(map.name, planes), outputs, window, weightPlanes);
        return shape(net.affine(sums, 9 * inputs * 2 ** planes), smaller);
      },
      () => {
        const sums = net.ternaryConv(net.sign(map.name), outputs, window, pick([1, 0, -1]));
        return shape(net.affine(sums, 9 * inputs), smaller);
      },
      () => {
        const sums = net.binaryWeightConv(net.quantize(map.name), outputs, window);
        return shape(net.affine(sums, 9 * 128 * inputs), smaller);
      },
      () => shape(net.realBinaryWeightConv(map.name, pick([3, 8, 40]), window), smaller),
      () => {
        const factors = maps.find(
          (other) =>
            other.width === map.width && other.height === map.height && net.channelsOf(other.name) === 1,
        );
        return factors === undefined ? undefined : shape(net.multiply(map.name, factors.name), map);
      },
      () => shape(net.affine(net.int8Conv(net.quantize(map.name), outputs, window), 2 ** 16), smaller),
      () => {
        // A block in 8 bits, or in k.
        const normal = net.batchNorm(map.name, clipOf(random));
        const sums =
          random() < 0.5
            ? net.int8Conv(net.quantize(normal), outputs, window, anyByte(random))
            : net.planeConv(net.bitPlanes(normal, 2), outputs, window, 1);
        return shape(net.affine(sums, 2 ** 12), smaller);
      },
      () => shape(net.batchNorm(map.name, clipOf(random)), map),
      () => shape(net.conv(map.name, pick([3, 8]), window), smaller),
      () => shape(net.prelu(map.name), map),
      () => {
        const { kernel, before, after } = poolWindow(random, { ...map, kernel: 1 + below(3), stride });
        const size = (extent) => Math.floor((extent + before + after - kernel) / stride) + 1;
        const pooled = net.maxPool(map.name, { kernel, stride, before, after });
        return shape(pooled, { width: size(map.width), height: size(map.height) });
      },
      () => shape(anySlice(net, map.name, random), map),
      () => {
        const others = maps.filter(({ width, height }) => width === map.width && height === map.height);
        const joined = net.concat(map.name, pick(others).name);
        return net.channelsOf(joined) > 150 ? undefined : shape(joined, map);
      },
      () => shape(net.logistic(map.name), map),
      () => shape(net.add(map.name, pick(twins).name), map),
      () => (inputs > 40 ? undefined : shape(net.repeatChannels(map.name, 2 + below(2)), map)),
      () => (isEven ? shape(net.averagePool(map.name), halfOf(map)) : undefined),
      () => (map.width > 16 ? undefined : shape(net.upsample(map.name), doubleOf(map))),
    ];
    const added = pick(choices)();
    if (added !== undefined) maps.push(added);
  }
  const made = maps.filter(({ name }) => name !== "input").map(({ name }) => name);
  const last = made.length > 0 ? made.slice(-2) : [net.prelu("input")];
  const outputs = [...new Set([...last, ...made.filter(() => random() < 0.2)])].slice(0, 8);
  return { title: JSON.stringify(net.build().graph), ...net.build(), outputs };
}

/**
 * Blocks as BinaryNet and XNOR-Net have them, without a real shortcut: each convolution's sums, some of them pooled, become
 * the next one's signs and nothing else, with scales, slopes and biases as they may come from training, and some at the edge of what may.
 */
export function chainOfSigns(random) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (values) => values[below(values.length)];
  const bytes = random() < 0.5;
  const channels = 1 + below(6);
  const size = { width: 1 + below(20), height: 1 + below(6) };
  const net = new RandomModel({ ...size, channels, real: !bytes }, random);
  const window = { kernel: 3, stride: 1, padding: 1 };
  /** The affine layers, each with what the sums before it are at most. */
  const affines = [];
  const slopes = [];
  /** The size of the last map. */
  let at = size;
  const values = (sums, most) => {
    const name = net.affine(sums, most);
    affines.push([name, most]);
    const value = random() < 0.5 ? name : net.prelu(name);
    if (value !== name) slopes.push(value);
    if (random() < 0.6) return value;
    const pool = poolWindow(random, { ...at, kernel: 1 + below(3), stride: 1 + below(2) });
    const pooled = (extent) =>
      Math.floor((extent + pool.before + pool.after - pool.kernel) / pool.stride) + 1;
    at = { width: pooled(at.width), height: pooled(at.height) };
    return net.maxPool(value, pool);
  };
  const outputs = () => pick(channelCounts);
  let last = bytes
    ? pick([
        () => values(net.int8Conv("input", outputs(), window), 9 * channels * 2 ** 14),
        () => values(net.binaryWeightConv("input", outputs(), window), 9 * channels * 2 ** 7),
      ])()
    : values(net.planeConv(net.bitPlanes("input", 2), outputs(), window, 1), 9 * channels * 3);
  const signs = [];
  for (let blocks = 2 + below(4); blocks > 0; blocks--) {
    signs.push(net.sign(last));
    const most = 9 * net.channelsOf(last);
    const conv = pick(["binaryConv", "binaryConv", "ternaryConv"]);
    last = values(net[conv](signs.at(-1), outputs(), window, pick([1, 0, -1])), most);
  }
  const { graph, model } = net.build();
  const data = (name) => model.tensors.get(name).data;
  for (const [name, most] of affines) {
    const [scale, bias] = [data(`${name}.scale`), data(`${name}.bias`)];
    for (let c = 0; c < scale.length; c++) {
      // A sum that is exactly where the value turns: in the middle, at the end, anywhere.
      if (random() < 0.5) bias[c] = -scale[c] * pick([0, most, -most, most - 2, below(2 * most + 1) - most]);
      else if (random() < 0.2) scale[c] = pick([0, -0]);
    }
  }
  for (const name of signs) {
    const [scale, bias] = [data(`${name}.scale`), data(`${name}.bias`)];
    for (let c = 0; c < scale.length; c++) {
      if (random() < 0.5) bias[c] = pick([0, -0, -(2 ** -126), 2 ** -149]);
      if (random() < 0.1) scale[c] = pick([0, -0]);
    }
  }
  // An activation that turns back where it is below 0 leaves no threshold.
  for (const name of slopes) {
    const slope = data(`${name}.slope`);
    if (random() < 0.8) for (let c = 0; c < slope.length; c++) slope[c] = Math.abs(slope[c]);
  }
  return { title: `signs: ${JSON.stringify(graph)}`, graph, model, outputs: [last] };
}

const halfOf = ({ width, height }) => ({ width: width / 2, height: height / 2 });
const doubleOf = ({ width, height }) => ({ width: width * 2, height: height * 2 });

/**
 * Runs a network by the reference and every variant, whole, stage by stage and in the background.
 * @returns how many runs agreed, and how many stages made their signs by thresholds
 */
async function compare({ title, graph, model, outputs }, addon, random) {
  const reference = new Network(graph, model, createReferenceKernels(), outputs);
  const natives = addon.variants().map((variant) => new NativeNetwork(graph, model, addon, variant, outputs));
  let runs = 0;
  const thresholds = natives.flatMap(({ steps }) => steps).filter(({ op }) => op.endsWith("thresholds"));
  for (const [filling, valueAt] of Object.entries(fillings)) {
    for (let i = 0; i < reference.input.length; i++) reference.input[i] = valueAt(random, i);
    reference.run();
    for (const native of natives) {
      native.input.set(reference.input);
      if (filling === "random") for (const step of native.steps) step.run();
      if (filling === "random" && addon.runInBackground) await native.runInBackground();
      else native.run();
      for (const name of outputs) {
        const wanted = reference.output(name).data;
        const found = native.output(name).data;
        const at = wanted.findIndex((value, i) => value !== found[i]);
        assert.ok(
          at === -1 && wanted.length === found.length,
          `${native.kernels}, ${filling}: ${name}[${at}] is ${found[at]}, the reference gives ${wanted[at]}: ${title}`,
        );
      }
      runs++;
    }
  }
  return { runs, thresholds: thresholds.length };
}

/** A plane of some odd size to another, into the middle of a larger one. */
function compareResampling(addon, random) {
  const extent = () => 1 + Math.floor(random() ** 2 * 300);
  const x = triangleTaps(extent(), extent());
  const y = triangleTaps(extent(), extent());
  const from = Math.floor(random() * 5);
  const to = Math.floor(random() * 5);
  const stride = x.outSize + Math.floor(random() * 9);
  const source = Uint8Array.from({ length: from + x.inSize * y.inSize }, () => Math.floor(random() * 256));
  const [wanted, found] = [createResampler, nativeResamplers(addon)].map((factory) => {
    const out = new Uint8Array(to + stride * y.outSize + 7).fill(77);
    factory(x, y).resample(source, from, out, to, stride);
    return out;
  });
  const title = `${x.inSize}×${y.inSize} → ${x.outSize}×${y.outSize}`;
  assert.equal(Buffer.compare(wanted, found), 0, `resampling ${title} differs`);
}

async function main([file, grid, graphs, resamplings]) {
  const addon = file === "wasm" ? loadWasm() : loadAddon(file);
  const random = randomFrom(1);
  const counts = { runs: 0, thresholds: 0 };
  const agree = async (network) => {
    const { runs, thresholds } = await compare(network, addon, random);
    counts.runs += runs;
    counts.thresholds += thresholds;
  };
  for (let i = 0; i < Number(grid); i++) await agree(singleLayer(i, random));
  for (let i = 0; i < Number(graphs); i++) {
    const write = [papersNetwork, chainOfSigns, chainOfSigns][i % 10] ?? randomNetwork;
    await agree(write(random));
  }
  for (let i = 0; i < Number(resamplings); i++) compareResampling(addon, random);
  console.log(JSON.stringify({ arch: process.arch, variants: addon.variants(), ...counts, resamplings }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
