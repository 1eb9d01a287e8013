import { describe, expect, it } from "vitest";
import type { Graph, LayerSpec } from "../../src/nn/graph.ts";
import { addonBackend, type Backend, referenceBackend } from "../../src/nn/kernel-backend.ts";
import { loadWasm } from "../../src/nn/kernels/load-wasm.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { ModelFile } from "../../src/nn/model-file.ts";

const backends: readonly Backend[] = [
  referenceBackend(),
  ...[loadAddon(), loadWasm()].flatMap((addon) =>
    addon.variants().map((variant) => addonBackend(addon, variant)),
  ),
];

interface Input {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Without them the values of the picture are its bytes. */
  readonly mean?: number;
  readonly scale?: number;
}

/** Some layers on a picture, on all kernels, which must give the same to the last bit; `set` is planar. */
function run(
  layers: readonly LayerSpec[],
  input: Input,
  set: readonly number[],
): { shape: object; data: number[] } {
  const results = backends.map((backend) => {
    const engine = backend.createEngine(graphOf(layers, input), ModelFile.of(new Map(), "test"), ["out"]);
    engine.input.set(set);
    engine.run();
    const { shape, data } = engine.output("out");
    return { shape, data: [...data] };
  });
  for (const [i, result] of results.entries()) expect(result, backends[i]!.kernels).toEqual(results[0]);
  return results[0]!;
}

function graphOf(layers: readonly LayerSpec[], { mean = 0, scale = 1, ...input }: Input): Graph {
  const each = (value: number) => Array.from({ length: input.channels }, () => value);
  return { name: "maps", input: { ...input, mean: each(mean), scale: each(scale) }, layers, extra: {} };
}

const pool = (kernel: number, stride: number, before: number, after: number): LayerSpec => ({
  ...{ op: "max_pool", name: "out", input: "input" },
  ...{ kernel, stride, before, after },
});

describe("max_pool", () => {
  const square = { width: 3, height: 3, channels: 1 };
  const values = [1, 2, 9, 4, 5, 6, 7, 8, 3];

  it("takes the largest of each window", () => {
    expect(run([pool(2, 1, 0, 0)], square, values)).toEqual({
      shape: { width: 2, height: 2, channels: 1 },
      data: [5, 9, 8, 8],
    });
  });

  it("reaches out of the map right and below, or left and above", () => {
    expect(run([pool(2, 1, 0, 1)], square, values).data).toEqual([5, 9, 9, 8, 8, 6, 8, 8, 3]);
    expect(run([pool(2, 1, 1, 0)], square, values).data).toEqual([1, 2, 9, 4, 5, 9, 7, 8, 8]);
    expect(run([pool(2, 2, 0, 1)], square, values).data).toEqual([5, 9, 8, 3]);
  });

  it("takes the largest of values below zero, not the zeros around", () => {
    const below = { ...square, mean: 20 };
    expect(run([pool(3, 1, 1, 1)], below, values).data).toEqual([
      -15, -11, -11, -12, -11, -11, -12, -12, -12,
    ]);
  });

  it("keeps the channels apart", () => {
    const two = { width: 2, height: 2, channels: 2 };
    expect(run([pool(2, 2, 0, 0)], two, [1, 2, 3, 4, 8, 7, 6, 5]).data).toEqual([4, 8]);
  });

  it("passes over what is no number", () => {
    // Of −1, 0 and 1 times infinity the one in the middle.
    const infinite = { ...square, mean: 5, scale: Number.POSITIVE_INFINITY };
    const { data } = run([pool(2, 1, 0, 0)], infinite, [4, 5, 4, 5, 5, 6, 5, 5, 6]);
    const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    expect(data).toEqual([low, high, low, high]);
  });

  it("leaves out pixels between windows that are further apart than they are wide", () => {
    const row = { width: 7, height: 1, channels: 1 };
    expect(run([pool(1, 3, 0, 0)], row, [1, 9, 9, 4, 9, 9, 7]).data).toEqual([1, 4, 7]);
  });

  it.each([
    [pool(2, 1, 2, 0), /reaches out by 2, its kernel is 2/],
    [pool(4, 1, 0, 0), /a window of 4×4 does not fit its input of 3×3×1/],
  ])("refuses a window that does not fit", (layer, message) => {
    expect(() => run([layer], square, values)).toThrow(message);
  });
});

describe("slice and concat", () => {
  const input = { width: 2, height: 1, channels: 3 };
  const planes = [1, 2, 3, 4, 5, 6];
  const slice = (name: string, first: number, channels: number): LayerSpec => ({
    ...{ op: "slice", name, input: "input" },
    ...{ first, channels },
  });

  it("take channels, and join them in another order", () => {
    expect(run([slice("out", 1, 2)], input, planes).data).toEqual([3, 5, 4, 6]);
    const layers: LayerSpec[] = [
      slice("last", 2, 1),
      { op: "concat", name: "out", inputs: ["last", "input", "last"] },
    ];
    expect(run(layers, input, planes)).toEqual({
      shape: { width: 2, height: 1, channels: 5 },
      data: [5, 1, 3, 5, 5, 6, 2, 4, 6, 6],
    });
  });

  it("refuse channels that are not there, and maps of other sizes", () => {
    expect(() => run([slice("out", 2, 2)], input, planes)).toThrow(/takes channels 2 to 3 of a map of 2×1×3/);
    const layers: LayerSpec[] = [
      { op: "upsample", name: "larger", input: "input" },
      { op: "concat", name: "out", inputs: ["input", "larger"] },
    ];
    expect(() => run(layers, input, planes)).toThrow(/joins maps of 2×1×3 and 4×2×3/);
  });
});

describe("logistic", () => {
  const layers: LayerSpec[] = [{ op: "logistic", name: "out", input: "input" }];

  it("is 1 / (1 + e⁻ˣ), right in single precision", () => {
    // Steps of 0.3, 0.43 and 0.9, to both ends: the smallest float is 1.4 · 10⁻⁴⁵, e⁻¹⁰³.³.
    for (const scale of [0.3, 0.43, 0.9]) {
      const bytes = Array.from({ length: 256 }, (_, byte) => byte);
      const { data } = run(layers, { width: 256, height: 1, channels: 1, mean: 128, scale }, bytes);
      const wanted = bytes.map((byte) => 1 / (1 + Math.exp(-Math.fround((byte - 128) * Math.fround(scale)))));
      expect(data).toEqual(wanted.map(Math.fround));
      expect(data[128]).toBe(0.5);
    }
  });

  it("reaches 0 and 1, and leaves what is no number", () => {
    const input = { width: 3, height: 1, channels: 1, mean: 5, scale: Number.POSITIVE_INFINITY };
    expect(run(layers, input, [4, 5, 6]).data).toEqual([0, Number.NaN, 1]);
  });
});

describe("a layer behind them", () => {
  it("joins their stage", () => {
    const engines = backends.map((backend) => {
      const behind: LayerSpec[] = [
        { op: "slice", name: "half", input: "input", first: 1, channels: 2 },
        { op: "concat", name: "joined", inputs: ["half", "input"] },
        { op: "add", name: "twice", inputs: ["joined", "joined"] },
        { op: "max_pool", name: "pooled", input: "twice", kernel: 2, stride: 2, before: 0, after: 0 },
        { op: "repeat_channels", name: "repeated", input: "half", times: 2 },
        { op: "max_pool", name: "other", input: "repeated", kernel: 2, stride: 2, before: 0, after: 0 },
        { op: "slice", name: "four", input: "pooled", first: 0, channels: 4 },
        { op: "add", name: "out", inputs: ["four", "other"] },
      ];
      const graph = graphOf(behind, { width: 2, height: 2, channels: 3 });
      return backend.createEngine(graph, ModelFile.of(new Map(), "test"), ["out"]);
    });
    const outputs = engines.map((engine) => {
      engine.input.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      engine.run();
      return [...engine.output("out").data];
    });
    // Twice the largest of channels 1, 2, 0, 1, and once of 1, 2, 1, 2.
    for (const output of outputs) expect(output).toEqual([24, 36, 16, 28]);
    expect(engines[1]!.steps.map(({ op }) => op)).toContain("slice add");
  });
});

describe("a map that is too large for any kernels", () => {
  it("is told with its layer", () => {
    const inputs = Array.from({ length: 32 }, () => "input");
    const layers: LayerSpec[] = [
      { op: "concat", name: "wide", inputs },
      { op: "repeat_channels", name: "out", input: "wide", times: 16 },
    ];
    expect(() => run(layers, { width: 1, height: 1, channels: 16 }, [])).toThrow(
      /layer out makes a map of 1×1×8192; the limit is 4096 in width, height and channels/,
    );
  });
});
