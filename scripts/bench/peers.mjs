// `npm run bench:peers [-- --json] [--model FILE] [--rounds N]`: our network against its float twin and other float
// code, on this machine, on one thread each, in one run. Contenders take turns, so that what else the machine does meets
// all of them; a ratio is the median of the rounds' ratios.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addonPath, buildAddon, host, isAddonStale } from "../native.mjs";
import { buildIfStale, fail, root, say } from "../setup.mjs";
import { floatTwin, macs } from "./peers/float-twin.mjs";
import { naive, pythonPeer, pythonWith } from "./peers/workers.mjs";
import { yoloFastest } from "./peers/yolo-fastest.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    model: { type: "string", default: join(root, "models", "xnor-yolo-zero.safetensors") },
    rounds: { type: "string", default: "15" },
  },
});
/** Of a turn, the fastest run counts. A turn is that long at least, but one run if that takes longer. */
const turnMs = 10;
const turnRuns = 20;
const layerShape = { width: 14, height: 14, channels: 256, outputs: 256 };
const naiveNames = { dot: "plain loops in C", spread: "plain loops in C, in the order that vectorizes" };

const note = options.json ? () => {} : say;
if (!(await buildIfStale())) fail("the sources do not compile");
const problem = isAddonStale(host) ? buildAddon(host) : undefined;
if (problem !== undefined) fail(`no native kernels to measure: ${problem}`);
const { writeOnnx } = await import("./peers/onnx.mjs");
const { loadOnnxRuntime, onnxRuntime } = await import("./peers/onnxruntime.mjs");
const { ourLayers, ourNetworks } = await import("./peers/ours.mjs");
const { loadAddon } = await import("../../dist/nn/kernels/native.js");
const { readGraph } = await import("../../dist/nn/graph.js");
const { ModelFile } = await import("../../dist/nn/model-file.js");
const { planLayers } = await import("../../dist/nn/network.js");

const folder = mkdtempSync(join(tmpdir(), "xnorcam-peers-"));
try {
  const addon = loadAddon(addonPath(host));
  const ort = loadOnnxRuntime(join(root, ".cache", "peers"), note);
  const report = { cpu: cpus()[0].model, network: await network(addon, ort), layer: await layer(addon, ort) };
  console.log(options.json ? JSON.stringify(report) : text(report));
} finally {
  rmSync(folder, { recursive: true });
}

/** The whole network, from the picture to the outputs of the heads. */
async function network(addon, ort) {
  const model = ModelFile.parse(readFileSync(options.model), options.model);
  const graph = readGraph(model);
  const outputs = graph.extra.detection.outputs.map((output) => output.layer);
  const plans = planLayers(graph, model);
  const shapes = new Map(graph.layers.map(({ name }, i) => [name, plans[i + 1].shape]));
  const twin = floatTwin(graph, model.tensors, shapes, outputs);
  const random = randomFrom(1);
  const picture = Uint8Array.from({ length: twin.input.width * twin.input.height * 3 }, () => random() * 256);
  const planar = Float32Array.from(picture, (byte) => byte - 128);

  const fast = yoloFastest(320, random);
  const fastInput = Float32Array.from({ length: 320 * 320 * 3 }, random);
  const twinPeer = await onnxRuntime(ort, "float twin in ONNX Runtime", twin, planar);
  const loops = [];
  for (const [order, name] of Object.entries(naiveNames)) {
    loops.push(await naive(`float twin, ${name}`, order, twin, pixelFirst(planar, 3), folder));
  }
  for (const { name, outputs } of loops) compareOutputs(name, outputs, twinPeer.outputs);
  const peers = [
    ...loops,
    twinPeer,
    ...(await pythonPeers(twin, graph)),
    await onnxRuntime(ort, "YOLO-Fastest 1.1 shapes, 320×320, ONNX Runtime", fast, fastInput),
  ];
  const ours = ourNetworks(graph, model, addon, outputs, picture);
  return { name: graph.name, input: graph.input, floatMacs: macs(twin), ...(await measure(ours, peers)) };
}

/** One convolution, which the XNOR-Net paper's 58 times are about. */
async function layer(addon, ort) {
  const { width, height, channels, outputs } = layerShape;
  const random = randomFrom(2);
  const floats = (length) => Float32Array.from({ length }, () => random() * 2 - 1);
  const conv = {
    ...{ op: "conv", name: "conv", inputs: ["input"], shape: { width, height, channels: outputs } },
    ...{ kernel: 3, stride: 1, padding: 1, groups: 1 },
    weight: floats(outputs * channels * 9),
    bias: floats(outputs),
  };
  const single = { name: "layer", input: { width, height, channels }, layers: [conv], outputs: ["conv"] };
  const planar = floats(width * height * channels);
  const library = await onnxRuntime(ort, "ONNX Runtime", single, planar);
  const peers = [];
  for (const [order, name] of Object.entries(naiveNames)) {
    peers.push(await naive(name, order, single, pixelFirst(planar, channels), folder));
  }
  for (const { name, outputs } of peers) compareOutputs(name, outputs, library.outputs);
  const ours = ourLayers(addon, layerShape, random);
  return { shape: layerShape, macs: macs(single), ...(await measure(ours, [...peers, library])) };
}

/** What Debian's packages bring, where they are installed. */
async function pythonPeers(twin, { input }) {
  const peers = [];
  const opencv = pythonWith("cv2");
  if (opencv === undefined) note("OpenCV is left out: sudo apt-get install python3-opencv");
  else {
    const file = join(folder, "twin.onnx");
    writeFileSync(file, writeOnnx(twin));
    const args = ["opencv", file, String(input.width), String(input.height)];
    peers.push(await pythonPeer("float twin in OpenCV dnn", opencv, args));
  }
  const torch = pythonWith("torch");
  if (torch === undefined) note("PyTorch is left out: sudo apt-get install python3-torch");
  else {
    const config = join(root, "scripts", "train", "configs", "zero.toml");
    peers.push(await pythonPeer("float twin in PyTorch", torch, ["torch", config, "10"]));
  }
  return peers;
}

/** All contenders in turn, round after round. */
async function measure(ours, peers) {
  const contenders = [...ours, ...peers];
  const rounds = [];
  await round(contenders); // warms caches and clocks up
  for (let i = 0; i < Number(options.rounds); i++) rounds.push(await round(contenders));
  for (const { stop } of peers) await stop();
  const ms = contenders.map(({ name }, i) => [name, median(rounds.map((times) => times[i]))]);
  // The slowest of ours is measured against the others, too.
  const slower = contenders.slice(ours.length - 1).map(({ name }, i) => {
    const times = ours.map((_, o) => median(rounds.map((round) => round[ours.length - 1 + i] / round[o])));
    return [name, Object.fromEntries(ours.map(({ name }, o) => [name, times[o]]))];
  });
  return { ms: Object.fromEntries(ms), timesFasterThan: Object.fromEntries(slower) };
}

/** The fastest run of each contender's turn. */
async function round(contenders) {
  const times = [];
  for (const { run } of contenders) {
    let best = Number.POSITIVE_INFINITY;
    for (let spent = 0, runs = 0; spent < turnMs && runs < turnRuns; runs++) {
      const ms = await run();
      spent += ms;
      best = Math.min(best, ms);
    }
    times.push(best);
  }
  return times;
}

/** Contenders that do not compute the same are not compared. */
function compareOutputs(name, outputs, wanted) {
  const size = Math.max(...wanted.map(Math.abs));
  const error = Math.max(...wanted.map((value, i) => Math.abs(value - outputs[i])));
  if (outputs.length !== wanted.length || !(error <= 1e-3 * size)) {
    fail(`${name} and ONNX Runtime differ by ${error}`);
  }
}

/** (channels, pixels) → (pixels, channels). */
function pixelFirst(planar, channels) {
  const pixels = planar.length / channels;
  return planar.map((_, at) => planar[(at % channels) * pixels + Math.floor(at / channels)]);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The same numbers from 0 to 1 every time. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function text({ cpu, network, layer }) {
  const { width, height } = network.input;
  const { channels, outputs } = layer.shape;
  return [
    `${cpu}, one thread; times faster than, median of ${options.rounds} rounds`,
    "",
    ...table(`${network.name}, ${width}×${height}`, network),
    "",
    ...table(`3×3 ${channels}→${outputs} on ${layer.shape.width}×${layer.shape.height}`, layer),
  ].join("\n");
}

function table(title, { ms, timesFasterThan }) {
  const variants = Object.keys(Object.values(timesFasterThan)[0]);
  const row = (name, cells) => name.padEnd(72) + cells.map((cell) => cell.padStart(11)).join("");
  const ratio = (value) => `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)}×`;
  return [
    row(title, variants),
    ...Object.entries(timesFasterThan).map(([peer, ratios]) =>
      row(
        `${peer} (${ms[peer].toFixed(2)} ms)`,
        variants.map((variant) => ratio(ratios[variant])),
      ),
    ),
    row(
      "ms",
      variants.map((variant) => ms[variant].toFixed(3)),
    ),
  ];
}
