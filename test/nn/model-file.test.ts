import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGraph } from "../../src/nn/graph.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { ModelFile, type Tensor } from "../../src/nn/model-file.ts";
import { Network } from "../../src/nn/network.ts";
import { writeModelFile } from "../../src/nn/write-model-file.ts";
import { bundledModel } from "../helpers/paths.ts";

const file = readFileSync(bundledModel);

/** The bundled model with its graph or tensors changed. */
function changed(
  graph: (graph: Record<string, unknown>) => unknown,
  tensors: (tensors: Map<string, Tensor>) => void = () => {},
): Uint8Array {
  const model = ModelFile.parse(file, "m");
  const copy = new Map(model.tensors);
  tensors(copy);
  const json = JSON.parse(model.metadata.graph!) as Record<string, unknown>;
  return writeModelFile({ ...model.metadata, graph: JSON.stringify(graph(json)) }, copy);
}

function open(bytes: Uint8Array): Network {
  const model = ModelFile.parse(bytes, "m.safetensors");
  return new Network(readGraph(model), model, createReferenceKernels(), ["head8"]);
}

/** A file with this header in front of `data`. */
function withHeader(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const f32 = (data_offsets: unknown, shape: unknown = [1], dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets,
});

describe("a model file", () => {
  it("comes back as it was written", () => {
    const model = ModelFile.parse(file, "m");
    const again = ModelFile.parse(writeModelFile(model.metadata, model.tensors), "m");
    expect(again.metadata).toEqual(model.metadata);
    expect(again.tensors).toEqual(model.tensors);
  });

  it("may hold half-precision numbers, which are read as single-precision ones", () => {
    const halves = Uint8Array.of(0x00, 0x3c, 0x00, 0xc0);
    const model = ModelFile.parse(withHeader({ a: f32([0, 4], [2], "F16") }, halves), "m");
    expect([...model.floats("a", [2])]).toEqual([1, -2]);
    const infinite = ModelFile.parse(withHeader({ a: f32([0, 2], [1], "F16") }, Uint8Array.of(0, 0x7c)), "m");
    expect(() => infinite.floats("a", [1])).toThrow("tensor a holds Infinity at index 0");
    const short = withHeader({ a: f32([0, 4], [1], "F16") }, halves);
    expect(() => ModelFile.parse(short, "m")).toThrow("tensor a has 4 bytes, but shape [1] asks for 2");
  });

  it("is at most 600 KB", () => {
    expect(file.byteLength).toBeLessThanOrEqual(600_000);
  });

  it("that is cut off anywhere is refused", () => {
    for (const length of [0, 7, 8, 100, 9000, 100_000, file.byteLength - 1]) {
      expect(() => open(file.subarray(0, length))).toThrow(/m\.safetensors: .*(cut off|not a safetensors)/);
    }
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      "a picture",
      readFileSync(new URL("../fixtures/pictures/parity-01.png", import.meta.url)),
      /not a safetensors/,
    ],
    ["a header that is no JSON", withHeader("{"), /header is not JSON/],
    ["a header that is a list", withHeader([]), /not a JSON object/],
    ["metadata that is no text", withHeader({ __metadata__: { graph: 1 } }), /__metadata__/],
    [
      "an unknown type",
      withHeader({ a: f32([0, 4], [1], "F64") }, new Uint8Array(4)),
      /tensor a has dtype "F64"/,
    ],
    ["a negative shape", withHeader({ a: f32([0, 4], [-1]) }, new Uint8Array(4)), /tensor a has a shape/],
    [
      "a shape beyond the file",
      withHeader({ a: f32([0, 4], [1e9, 1e6]) }, new Uint8Array(4)),
      /tensor a has 4 bytes/,
    ],
    [
      "offsets beyond the file",
      withHeader({ a: f32([0, 400], [100]) }, new Uint8Array(4)),
      /tensor a lies at/,
    ],
    ["a gap", withHeader({ a: f32([4, 8]) }, new Uint8Array(8)), /tensor a begins at byte 4/],
    [
      "an overlap",
      withHeader({ a: f32([0, 8], [2]), b: f32([4, 8]) }, new Uint8Array(8)),
      /tensor b begins at/,
    ],
    ["bytes behind the last tensor", withHeader({ a: f32([0, 4]) }, new Uint8Array(8)), /4 bytes follow/],
    ["no graph", withHeader({}), /__metadata__\.graph is missing/],
  ])("with %s is refused", (_, bytes, message) => {
    expect(() => open(bytes)).toThrow(message);
  });
});

describe("a graph", () => {
  const layersOf = (graph: Record<string, unknown>) => graph.layers as Record<string, unknown>[];
  const withLayer = (name: string, fields: object) =>
    changed((graph) => {
      Object.assign(layersOf(graph).find((layer) => layer.name === name)!, fields);
      return graph;
    });

  it.each<[string, () => Uint8Array, RegExp]>([
    [
      "of another version",
      () => changed((g) => ({ ...g, version: 2 })),
      /version is 2, this program reads version 1/,
    ],
    ["that is no object", () => changed(() => 5), /not an object/],
    ["without input", () => changed(({ input, ...g }) => g), /graph\.input/],
    [
      "with a huge input",
      () => changed((g) => ({ ...g, input: { ...(g.input as object), width: 1e9 } })),
      /graph\.input\.width/,
    ],
    [
      "that asks for too much memory",
      () => changed((g) => ({ ...g, input: { ...(g.input as object), width: 4096, height: 4096 } })),
      /ask for \d+ bytes/,
    ],
    [
      "with an unknown layer",
      () => withLayer("s4.0.conv", { op: "magic" }),
      /s4\.0\.conv is of unknown kind "magic"/,
    ],
    ["with an unknown field", () => withLayer("s4.0.conv", { groups: 2 }), /s4\.0\.conv\.groups/],
    [
      "that pads signs with no sign",
      () => withLayer("s4.0.conv", { paddingSign: 2 }),
      /layer s4\.0\.conv\.paddingSign: Expected one of -1, 0, 1/,
    ],
    ["that reads a later layer", () => withLayer("s4.0.conv", { input: "head8" }), /s4\.0\.conv reads head8/],
    ["with two layers of a name", () => withLayer("s4.0.norm", { name: "s4.0.conv" }), /named s4\.0\.conv/],
    [
      "that convolves real values as bits",
      () => withLayer("s4.0.conv", { input: "stem.1.act" }),
      /reads real, but binary_conv needs bits/,
    ],
    [
      "that adds maps of two shapes",
      () => withLayer("s8.1.add", { inputs: ["s8.1.norm", "stem.0.act"] }),
      /s8\.1\.add adds maps of/,
    ],
    [
      "without a tensor",
      () =>
        changed(
          (g) => g,
          (t) => t.delete("stem.0.norm.bias"),
        ),
      /tensor stem\.0\.norm\.bias is missing/,
    ],
    [
      "with a tensor of another shape",
      () =>
        changed(
          (g) => g,
          (t) => t.set("stem.0.norm.bias", { dtype: "F32", shape: [7], data: new Float32Array(7) }),
        ),
      /stem\.0\.norm\.bias has shape \[7\], expected \[8\]/,
    ],
    [
      "with a tensor of another type",
      () =>
        changed(
          (g) => g,
          (t) => t.set("stem.0.norm.bias", { dtype: "U32", shape: [8], data: new Int32Array(8) }),
        ),
      /stem\.0\.norm\.bias is U32, expected F32/,
    ],
    [
      "with a number that is none",
      () =>
        changed(
          (g) => g,
          (t) =>
            t.set("stem.0.norm.bias", {
              dtype: "F32",
              shape: [8],
              data: new Float32Array(8).fill(Number.NaN),
            }),
        ),
      /stem\.0\.norm\.bias holds NaN/,
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => open(bytes())).toThrow(message);
  });

  it("of a layer that nobody can read the result of is refused", () => {
    const model = ModelFile.parse(file, "m");
    expect(() => new Network(readGraph(model), model, createReferenceKernels(), ["nowhere"])).toThrow(
      /no layer nowhere/,
    );
  });
});
