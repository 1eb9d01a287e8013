import { describe, expect, it } from "vitest";
import { importDarknet } from "../../src/darknet/import.ts";
import { ModelDetector } from "../../src/detect/model-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { wordsFor } from "../../src/nn/bits.ts";
import { addonBackend, referenceBackend } from "../../src/nn/kernel-backend.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { ModelFile, type Tensor } from "../../src/nn/model-file.ts";
import { writeModelFile } from "../../src/nn/write-model-file.ts";
import { randomFrom } from "../../src/random.ts";
import { imported, largestDifference, seenInNoise } from "../helpers/darknet.ts";
import { fixture } from "../helpers/paths.ts";

/** Shaped like tiny YOLO, with strides in place of pooling: the inner layers are XNOR-Net's. */
const cfg = `
[net]
width=96
height=96

[convolutional]
filters=32
size=3
stride=4
pad=1
activation=leaky

[convolutional]
xnor=1
batch_normalize=1
filters=40
size=2
stride=2
activation=leaky

[convolutional]
xnor=1
batch_normalize=1
filters=32
size=1
activation=relu

[convolutional]
filters=14
size=1
activation=linear

[yolo]
classes=2
num=2
anchors=12,20, 40,30
`;

interface OwnLayer {
  readonly filters: number;
  readonly inputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly binary: boolean;
  readonly slope?: number;
}

/** The same layers in our words. */
const layers: readonly OwnLayer[] = [
  { filters: 32, inputs: 3, kernel: 3, stride: 4, padding: 1, binary: false, slope: 0.1 },
  { filters: 40, inputs: 32, kernel: 2, stride: 2, padding: 0, binary: true, slope: 0.1 },
  { filters: 32, inputs: 40, kernel: 1, stride: 1, padding: 0, binary: true, slope: 0 },
  { filters: 14, inputs: 32, kernel: 1, stride: 1, padding: 0, binary: false },
];

/** Our numbers of a layer: weights as (filters, kernel, kernel, inputs), and what stands behind the sums. */
function ownWeights(random: () => number, { filters, inputs, kernel }: OwnLayer) {
  const numbers = (count: number, from: number, to: number) =>
    Float32Array.from({ length: count }, () => from + random() * (to - from));
  const spread = Math.sqrt(6 / (inputs * kernel * kernel));
  return {
    weight: numbers(filters * kernel * kernel * inputs, -spread, spread),
    scale: numbers(filters, 0.5, 1.5),
    mean: numbers(filters, -0.5, 0.5),
    deviation: numbers(filters, 0.5, 1.5),
    bias: numbers(filters, -0.5, 0.5),
  };
}

type OwnWeights = ReturnType<typeof ownWeights>;

/** As Darknet saves a network. */
function inDarknetsLayout(weights: readonly OwnWeights[], own = layers): Uint8Array {
  const header = new Uint8Array(20);
  new DataView(header.buffer).setInt32(4, 2, true);
  const parts = weights.flatMap(({ weight, scale, mean, deviation, bias }, i) => {
    const { filters, inputs, kernel, binary } = own[i]!;
    const taps = kernel * kernel;
    const planar = Float32Array.from({ length: weight.length }, (_, at) => {
      const [filter, input, tap] = [
        Math.floor(at / taps / inputs),
        Math.floor(at / taps) % inputs,
        at % taps,
      ];
      return weight[(filter * taps + tap) * inputs + input]!;
    });
    expect(planar.length).toBe(filters * inputs * taps);
    return binary ? [bias, scale, mean, deviation.map((value) => value * value), planar] : [bias, planar];
  });
  return Buffer.concat([header, ...parts.map(({ buffer }) => new Uint8Array(buffer))]);
}

/** As a model of ours, written down directly. */
function inOurFormat(weights: readonly OwnWeights[]): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const reals = (name: string, shape: number[], data: Float32Array) =>
    tensors.set(name, { dtype: "F32", shape, data });
  const specs: object[] = [{ op: "conv", name: "rgb", input: "input", kernel: 1, stride: 1, padding: 0 }];
  reals("rgb.weight", [3, 1, 1, 3], Float32Array.of(1, 0, 1.402, 1, -0.344136, -0.714136, 1, 1.772, 0));
  reals("rgb.bias", [3], new Float32Array(3));
  let input = "rgb";
  for (const [i, { filters, inputs, kernel, stride, padding, binary, slope }] of layers.entries()) {
    const { weight, scale, mean, deviation, bias } = weights[i]!;
    const window = { kernel, stride, padding };
    if (binary) {
      reals(`s${i}.scale`, [inputs], new Float32Array(inputs).fill(1));
      // Of 0 Darknet's sign is −1.
      reals(`s${i}.bias`, [inputs], new Float32Array(inputs).fill(-1e-30));
      const perFilter = kernel * kernel * inputs;
      const alpha = Array.from({ length: filters }, (_, o) =>
        weight
          .slice(o * perFilter, (o + 1) * perFilter)
          .reduce((sum, value) => sum + Math.abs(value) / perFilter, 0),
      );
      const words = wordsFor(inputs);
      const data = new Int32Array(filters * kernel * kernel * words);
      weight.forEach((value, at) => {
        const c = at % inputs;
        if (value > 0) data[Math.floor(at / inputs) * words + (c >> 5)]! |= 1 << (c & 31);
      });
      tensors.set(`b${i}.weight`, { dtype: "U32", shape: [filters, kernel, kernel, words], data });
      reals(
        `c${i}.scale`,
        [filters],
        Float32Array.from(alpha, (a, o) => (a * scale[o]!) / deviation[o]!),
      );
      reals(
        `c${i}.bias`,
        [filters],
        bias.map((value, o) => value - (mean[o]! * scale[o]!) / deviation[o]!),
      );
      specs.push({ op: "sign", name: `s${i}`, input });
      specs.push({ op: "binary_conv", name: `b${i}`, input: `s${i}`, ...window, paddingSign: 1 });
      specs.push({ op: "affine", name: `c${i}`, input: `b${i}` });
    } else {
      reals(`c${i}.weight`, [filters, kernel, kernel, inputs], weight);
      reals(`c${i}.bias`, [filters], bias);
      specs.push({ op: "conv", name: `c${i}`, input, ...window });
    }
    input = `c${i}`;
    if (slope !== undefined) {
      reals(`a${i}.slope`, [filters], new Float32Array(filters).fill(slope));
      specs.push({ op: "prelu", name: `a${i}`, input });
      input = `a${i}`;
    }
  }
  const anchors = {
    sizes: [
      [12, 20],
      [40, 30],
    ],
    classScores: "logistic",
    centerScale: 1,
  };
  const graph = {
    version: 1,
    name: "own",
    input: { width: 96, height: 96, channels: 3, mean: [0, 128, 128], scale: [1 / 255, 1 / 255, 1 / 255] },
    layers: specs,
    detection: {
      classes: ["person", "knife"],
      weapons: [],
      thresholds: [0.25, 0.25],
      outputs: [{ layer: input, stride: 8, anchors }],
      nmsIou: 0.45,
      candidates: 1000,
      maxDetections: 100,
    },
  };
  return writeModelFile({ graph: JSON.stringify(graph) }, tensors);
}

describe("our own weights in Darknet's layout", () => {
  const random = randomFrom(4);
  const weights = layers.map((layer) => ownWeights(random, layer));
  const files = {
    cfg: { source: "own.cfg", text: cfg },
    weights: { source: "own.weights", bytes: inDarknetsLayout(weights) },
    names: { source: "own.names", text: "person\nknife" },
  };
  const importedFile = ModelFile.parse(importDarknet(files, { name: "own", weapons: [] }), "imported");

  it("give the boxes that our engine computes from them", async () => {
    const direct = new ModelDetector(ModelFile.parse(inOurFormat(weights), "direct"), referenceBackend());
    const imported = new ModelDetector(importedFile, referenceBackend());
    for (const number of ["01", "03", "08"]) {
      const picture = await decodePicture(fixture(`pictures/parity-${number}.png`));
      const sure = { threshold: 0.6 };
      const [a, b] = [direct, imported].map((detector) => detector.detect(picture, sure).detections);
      expect(a!.length).toBeGreaterThan(5);
      expect(b!.map(({ label }) => label)).toEqual(a!.map(({ label }) => label));
      for (const [i, { score, box }] of a!.entries()) {
        expect(b![i]!.score).toBeCloseTo(score, 4);
        box.forEach((side, k) => {
          expect(b![i]!.box[k]).toBeCloseTo(side, 2);
        });
      }
    }
  });

  it("run on the native kernels, to the last bit as on the reference, also where signs are padded", async () => {
    const padded = layers.map((layer, i) => (i === 1 ? { ...layer, kernel: 3, padding: 1 } : layer));
    const text = cfg.replace("size=2\nstride=2", "size=3\nstride=2\npad=1");
    const bytes = inDarknetsLayout(
      padded.map((layer) => ownWeights(random, layer)),
      padded,
    );
    const other = { ...files, cfg: { ...files.cfg, text }, weights: { ...files.weights, bytes } };
    const paddedFile = ModelFile.parse(importDarknet(other, { name: "padded", weapons: [] }), "padded");
    const addon = loadAddon();
    const picture = await decodePicture(fixture("pictures/parity-03.png"));
    for (const file of [importedFile, paddedFile]) {
      const reference = new ModelDetector(file, referenceBackend()).detect(picture).detections;
      expect(reference.length).toBeGreaterThan(0);
      for (const variant of addon.variants()) {
        const native = new ModelDetector(file, addonBackend(addon, variant));
        expect(native.backend.kernels).toBe(variant);
        expect(native.detect(picture).detections).toEqual(reference);
        const ops = native.engines.engineFor(96, 96).engine.steps.map(({ op }) => op);
        expect(ops).toContain("binary_conv affine prelu sign by thresholds");
      }
    }
  });
});

describe("binary=1", () => {
  const convolution = (binary: 0 | 1, groups: number) =>
    `[convolutional]\nfilters=14\nsize=3\npad=1\ngroups=${groups}\nbinary=${binary}\nactivation=linear\n`;
  const cfgOf = (binary: 0 | 1, groups: number) =>
    ["[net]\nwidth=32\nheight=32\n", "[convolutional]\nfilters=6\nactivation=leaky\n"].join("") +
    convolution(binary, groups) +
    "[yolo]\nclasses=2\nnum=2\nanchors=12,20, 40,30\n";

  it.each([1, 2])(
    "takes the sign of a weight times the mean size of those of its filter, in %i groups",
    (groups) => {
      const random = randomFrom(2);
      const real = Float32Array.from({ length: 14 + (14 * 6 * 9) / groups }, () => random() - 0.5);
      const binary = real.slice();
      const perFilter = (6 * 9) / groups;
      for (let filter = 0; filter < 14; filter++) {
        const own = binary.subarray(14 + filter * perFilter, 14 + (filter + 1) * perFilter);
        const mean = own.reduce((sum, value) => sum + Math.abs(value), 0) / perFilter;
        own.forEach((value, i) => {
          own[i] = value > 0 ? mean : -mean;
        });
      }
      const first = Float32Array.from({ length: 6 + 6 * 3 }, () => random() - 0.5);
      const header = new Uint8Array(20);
      new DataView(header.buffer).setInt32(4, 2, true);
      const see = (isBinary: 0 | 1, numbers: Float32Array) =>
        seenInNoise(
          imported({
            cfg: { source: "binary.cfg", text: cfgOf(isBinary, groups) },
            weights: {
              source: "binary.weights",
              bytes: Buffer.concat([header, ...[first, numbers].map(({ buffer }) => new Uint8Array(buffer))]),
            },
            names: { source: "own.names", text: "person\nknife" },
          }),
        );
      expect(largestDifference(see(1, real), see(0, binary))).toBeLessThan(1e-5);
      expect(largestDifference(see(0, real), see(0, binary))).toBeGreaterThan(0.01);
    },
  );
});
