import { describe, expect, it } from "vitest";
import { chooseBackend, referenceBackend, warningLine } from "../../src/nn/backend.ts";
import type { Graph, LayerSpec } from "../../src/nn/graph.ts";
import { backendFor } from "../../src/nn/kernel-backend.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { ModelFile } from "../../src/nn/model-file.ts";
import { Network } from "../../src/nn/network.ts";

/** One layer on a picture whose values are its bytes; `set` is planar. */
function run(
  layers: readonly LayerSpec[],
  { width, height, channels }: { width: number; height: number; channels: number },
  set: readonly number[],
): { shape: object; data: number[] } {
  const graph = graphOf(layers, { width, height, channels });
  const network = new Network(graph, ModelFile.of(new Map(), "test"), createReferenceKernels(), ["out"]);
  network.input.set(set);
  network.run();
  const { shape, data } = network.output("out");
  return { shape, data: [...data] };
}

function graphOf(
  layers: readonly LayerSpec[],
  input: { width: number; height: number; channels: number },
): Graph {
  const channels = Array.from({ length: input.channels }, () => 0);
  const real = { mean: channels, scale: channels.map(() => 1) };
  return { name: "maps", input: { ...input, ...real }, layers, extra: {} };
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
    const graph = graphOf([pool(3, 1, 1, 1)], square);
    const below = { ...graph, input: { ...graph.input, mean: [20] } };
    const network = new Network(below, ModelFile.of(new Map(), "test"), createReferenceKernels(), ["out"]);
    network.input.set(values);
    network.run();
    expect([...network.output("out").data]).toEqual([-15, -11, -11, -12, -11, -11, -12, -12, -12]);
  });

  it("keeps the channels apart", () => {
    const two = { width: 2, height: 2, channels: 2 };
    expect(run([pool(2, 2, 0, 0)], two, [1, 2, 3, 4, 8, 7, 6, 5]).data).toEqual([4, 8]);
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
  it("is 1 / (1 + e⁻ˣ)", () => {
    const layers: LayerSpec[] = [{ op: "logistic", name: "out", input: "input" }];
    const { data } = run(layers, { width: 3, height: 1, channels: 1 }, [0, 1, 200]);
    expect(data).toEqual([0.5, Math.fround(1 / (1 + Math.exp(-1))), 1]);
  });
});

describe("kernels that lack a layer of the network", () => {
  const input = { width: 4, height: 4, channels: 1 };

  it("give way to the reference, with a warning that names the layer", () => {
    const backend = backendFor(graphOf([pool(2, 2, 0, 0)], input), chooseBackend());
    expect(backend.kernels).toBe("reference");
    expect(warningLine(backend.warning!)).toMatch(
      /^maps has max_pool, which only the reference kernels compute/,
    );
  });

  it("stay for all others, and need no warning where the reference was wanted", () => {
    const native = chooseBackend();
    expect(native.kernels).not.toBe("reference");
    const plain: LayerSpec[] = [{ op: "upsample", name: "out", input: "input" }];
    expect(backendFor(graphOf(plain, input), native)).toBe(native);
    const reference = referenceBackend();
    expect(backendFor(graphOf([pool(2, 2, 0, 0)], input), reference)).toBe(reference);
  });
});
