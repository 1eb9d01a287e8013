// Calls the addon with whatever is wrong, and with programs and tables of which bits are broken:
//
//   node --expose-gc fuzz.mjs ADDON|wasm CALLS
//
// Each call returns or throws a TypeError or RangeError. Prints one line of JSON; a crash ends the process, anything else
// throws.
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { triangleTaps } from "../../dist/image/resample.js";
import { loadWasm } from "../../dist/nn/kernels/load-wasm.js";
import { loadAddon } from "../../dist/nn/kernels/native.js";
import { planLayers } from "../../dist/nn/network.js";
import { compile } from "../../dist/nn/program.js";
import { RandomModel } from "../../dist/nn/random-model.js";
import { elements } from "../../dist/nn/shape.js";
import { randomFrom } from "../../dist/random.js";
import { randomNetwork, singleLayer } from "./agreement.mjs";

const [file, calls] = process.argv.slice(2);
const addon = file === "wasm" ? loadWasm() : loadAddon(file);
const variants = addon.variants();
const random = randomFrom(9);
const below = (limit) => Math.floor(random() * limit);
const pick = (values) => values[below(values.length)];

const window = { kernel: 1, stride: 1, padding: 0 };

/** Every kind of single layer, and as many random networks. */
const programs = Array.from({ length: 48 }, (_, i) => {
  const { graph, model, outputs } = i % 2 === 0 ? singleLayer(i / 2, random) : randomNetwork(random);
  const plans = planLayers(graph, model);
  const { program, tensors } = compile(graph, model, plans, outputs);
  const shapes = outputs.map(
    (name) => plans[graph.layers.findIndex((layer) => layer.name === name) + 1].shape,
  );
  const input = new Uint8Array(elements(plans[0].shape)).map(() => below(256));
  return { program, tensors, input, outputs: shapes.reduce((sum, shape) => sum + elements(shape), 0) };
});
const tables = Array.from({ length: 8 }, () => {
  const taps = triangleTaps(1 + below(40), 1 + below(40));
  return Int32Array.from([taps.inSize, taps.outSize, ...taps.first, ...taps.offsets, ...taps.weights]);
});

const networks = programs.map(({ program, tensors }) =>
  addon.createNetwork(program, tensors, pick(variants)),
);
const resamplers = tables.map((table) => addon.createResampler(table, pick(tables)));

/** Its memory is gone, but its object is there. */
function detached(Type) {
  const view = new Type(64);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view into a buffer that was made smaller behind its back. */
function outOfBounds(Type) {
  const buffer = new ArrayBuffer(4096, { maxByteLength: 4096 });
  const view = pick([() => new Type(buffer, 1024, 64), () => new Type(buffer)])();
  buffer.resize(pick([0, 512, 1056]));
  return view;
}

/** Anything at all, the right things among them. */
function anything() {
  const { program, tensors, input, outputs } = pick(programs);
  const Type = pick([
    Uint8Array,
    Int8Array,
    Int32Array,
    Float32Array,
    Float64Array,
    Uint8ClampedArray,
    BigInt64Array,
  ]);
  return pick([
    () =>
      pick([
        undefined,
        null,
        true,
        0,
        -1,
        1.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 31,
        -(2 ** 53),
        1e300,
      ]),
    () =>
      pick([
        "",
        "reference",
        "portable",
        "x".repeat(100),
        "\0",
        5n,
        Symbol.iterator,
        () => {},
        /x/,
        new Date(),
      ]),
    () =>
      pick([
        {},
        [],
        Object.freeze({}),
        Object.create(null),
        new Proxy({}, {}),
        new Proxy(input, {}),
        new Map(),
      ]),
    () => new Type(below(200)),
    () => detached(Type),
    () => outOfBounds(Type),
    () => pick([new ArrayBuffer(64), new SharedArrayBuffer(64), new DataView(new ArrayBuffer(64))]),
    () => new Uint8Array(new SharedArrayBuffer(256), 1, input.length % 200),
    () => pick([program, tensors, input, pick(tables), new Float32Array(outputs)]),
    () => pick([...networks, ...resamplers]),
    () => pick(variants),
  ])();
}

const wrongWords = [-1, 0, 1, 2, 3, 255, 4095, 4096, 65536, 2 ** 28, 2 ** 31 - 1, -(2 ** 31)];

/** A copy with bits flipped, words replaced, an end cut off or something appended. */
function corrupted(array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
  const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
  const damage = [
    () => {
      bytes[below(bytes.length)] ^= 1 << below(8);
    },
    () => {
      words[below(words.length)] = pick(wrongWords);
    },
    () => {
      words[below(words.length)] += pick([-64, -4, -1, 1, 4, 64]);
    },
  ];
  for (let count = 1 + below(3); count > 0; count--) pick(damage)();
  const length = random() < 0.9 ? array.length : below(array.length + 3);
  const result = new array.constructor(length);
  result.set(new array.constructor(bytes.buffer).subarray(0, length));
  return result;
}

/** The same call in the background, where there is one. */
function inBackground(...args) {
  return addon.runInBackground === undefined ? [] : [["runInBackground", ...args, () => {}]];
}

const attempts = {
  "wrong arguments": () => {
    const name = pick(Object.keys(addon));
    const args = Array.from({ length: below(8) }, anything);
    addon[name](...args);
  },
  "one wrong argument": () => {
    const { program, tensors, input, outputs } = pick(programs);
    const at = below(networks.length);
    const own = programs[at];
    const [name, ...args] = pick([
      ["createNetwork", program, tensors, pick(variants)],
      ["run", networks[at], own.input, new Float32Array(own.outputs)],
      ["run", networks[at], input, new Float32Array(outputs)],
      ...inBackground(networks[at], own.input, new Float32Array(own.outputs)),
      ["runStage", networks[at], pick([0, 1, 1e9, -1, 0.5]), own.input],
      ["hasThresholds", networks[at], pick([0, 1, 1e9, -1, 0.5])],
      ["createResampler", pick(tables), pick(tables)],
      [
        "resample",
        pick(resamplers),
        new Uint8Array(1600),
        below(9),
        new Uint8Array(1600),
        below(9),
        below(60),
      ],
    ]);
    args[below(args.length)] = anything();
    addon[name](...args);
  },
  "a corrupted program": () => {
    const { program, tensors, input, outputs } = pick(programs);
    const network = addon.createNetwork(corrupted(program), tensors, pick(variants));
    addon.run(network, input, new Float32Array(outputs));
  },
  "a corrupted program in the background, its arrays gone meanwhile": () => {
    const { program, tensors, input, outputs } = pick(programs);
    const network = addon.createNetwork(corrupted(program), tensors, pick(variants));
    const [own, output] = [input.slice(), new Float32Array(outputs)];
    for (const [name, ...args] of inBackground(network, own, output)) addon[name](...args);
    const { buffer } = pick([own, output]);
    structuredClone(buffer, { transfer: [buffer] });
  },
  "tensors cut off": () => {
    const { program, tensors } = pick(programs);
    addon.createNetwork(program, tensors.slice(0, below(tensors.length + 1)), pick(variants));
  },
  "a corrupted table": () => {
    const resampler = addon.createResampler(corrupted(pick(tables)), corrupted(pick(tables)));
    addon.resample(resampler, new Uint8Array(1600), 0, new Uint8Array(1600), 0, 40);
  },
  "planes that may not fit": () => {
    const edge = () => pick([0, 1, below(1700), -1, 2 ** 31, 2 ** 53, -(2 ** 53)]);
    addon.resample(
      pick(resamplers),
      new Uint8Array(below(1700)),
      edge(),
      new Uint8Array(below(1700)),
      edge(),
      edge(),
    );
  },
};

/** A program whose stages have next to everything, and sums that two of them read. */
function smallProgram() {
  const net = new RandomModel({ width: 6, height: 4, channels: 3, real: true }, random);
  const sums = net.binaryConv(net.sign("input"), 34, { kernel: 3, stride: 1, padding: 1 }, 0);
  const value = net.prelu(net.add(net.affine(sums, 27), net.affine(sums, 27)));
  const outputs = [net.affine(net.planeConv(net.bitPlanes(value, 2), 5, window, 2), 64)];
  outputs.push(net.affine(net.ternaryConv(net.sign(net.affine(sums, 27)), 5, window, 1), 34));
  outputs.push(net.affine(net.int8Conv(net.quantize(net.batchNorm(value, [-1, 1])), 5, window), 2 ** 12));
  const byThresholds = net.sign(net.affine(net.binaryConv(net.sign(value), 34, window, 1), 34));
  outputs.push(net.affine(net.binaryConv(byThresholds, 5, window, 1), 34));
  const wide = net.affine(net.binaryConv(byThresholds, 34, window, 1), 34);
  const pooled = net.maxPool(wide, { kernel: 3, stride: 2, before: 1, after: 1 });
  outputs.push(net.affine(net.binaryConv(net.sign(pooled), 5, window, 1), 34));
  const joined = net.concat(net.slice(value, 1, 2), "input");
  outputs.push(net.logistic(net.maxPool(joined, { kernel: 2, stride: 1, before: 1, after: 0 })));
  const { graph, model } = net.build();
  return compile(graph, model, planLayers(graph, model), outputs);
}

/** Each word of it by each that is likely to be wrong: some are so rarely met by chance that nothing above finds them. */
function replaceEachWord() {
  const { program, tensors } = smallProgram();
  const run = (words) =>
    addon.run(
      addon.createNetwork(words, tensors, pick(variants)),
      new Uint8Array(72),
      new Float32Array(5 * (24 * 5 + 3 * 2)),
    );
  run(program); // or every refusal below would say nothing
  for (let at = 0; at < program.length; at += 4) {
    for (const word of wrongWords) {
      const changed = program.slice();
      new DataView(changed.buffer).setInt32(at, word, true);
      try {
        run(changed);
      } catch (error) {
        const refused = error instanceof TypeError || error instanceof RangeError;
        assert.ok(refused, `word ${at / 4} as ${word} gave ${error?.stack}`);
      }
    }
  }
}

replaceEachWord();
const outcome = { calls: 0, accepted: 0, refused: 0 };
for (; outcome.calls < Number(calls); outcome.calls++) {
  const [what, attempt] = pick(Object.entries(attempts));
  try {
    attempt();
    outcome.accepted++;
  } catch (error) {
    const refused = error instanceof TypeError || error instanceof RangeError;
    assert.ok(refused, `${what} gave ${error?.stack}`);
    outcome.refused++;
  }
  // Networks in the background come back.
  if (outcome.calls % 100 === 0) await setImmediate();
  if (outcome.calls % 2000 === 0) globalThis.gc?.();
}
console.log(JSON.stringify(outcome));
