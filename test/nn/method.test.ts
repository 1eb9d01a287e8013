import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGraph } from "../../src/nn/graph.ts";
import { ModelFile } from "../../src/nn/model-file.ts";
import { writeModelFile } from "../../src/nn/write-model-file.ts";
import { fixture } from "../helpers/paths.ts";

/** Reads the graph of a network that was trained by `trained`, its training changed. */
function read(trained: string, training: unknown) {
  const model = ModelFile.parse(readFileSync(fixture(`methods/${trained}/model.safetensors`)), "m");
  const graph = { ...JSON.parse(model.metadata.graph!), training };
  const file = writeModelFile({ graph: JSON.stringify(graph) }, model.tensors);
  return readGraph(ModelFile.parse(file, "m.safetensors"));
}

describe("the method that a model file names", () => {
  it("is refused when its layers are those of another, which are named", () => {
    expect(() => read("bnn", { method: "bwn" })).toThrow(
      "m.safetensors: graph.training.method is bwn, whose networks have binary_weight_conv, batch_norm, but this one has binary_conv: it was trained by another method, or changed; export it anew",
    );
    const different = ["float", "int8", "bwn", "bnn", "xnor", "dorefa-2", "ternary"];
    for (const trained of different) {
      for (const method of different.filter((other) => other !== trained)) {
        expect(() => read(trained, { method }), `${trained} as ${method}`).toThrow(
          /graph\.training\.method is/,
        );
      }
    }
  });

  it("is refused when activations have other bits", () => {
    expect(() => read("dorefa-4", { method: "dorefa-2" })).toThrow(
      "graph.training.method is dorefa-2, whose networks have activations of 2 bits, but this one has 4 in layer s4.0.levels",
    );
  });

  it("is refused when there is none of that name", () => {
    for (const method of ["xnor-net", 2, null]) {
      expect(() => read("xnor", { method })).toThrow(
        `graph.training.method is ${JSON.stringify(method)}, known are float, int8, binaryconnect,`,
      );
    }
  });

  it("may be missing: older files do not say it", () => {
    for (const training of [undefined, null, "by hand", { steps: 5 }]) {
      expect(() => read("xnor", training)).not.toThrow();
    }
  });
});
