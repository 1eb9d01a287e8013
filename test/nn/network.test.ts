import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGraph } from "../../src/nn/graph.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { ModelFile } from "../../src/nn/model-file.ts";
import { Network } from "../../src/nn/network.ts";
import { bundledModel } from "../helpers/paths.ts";

function open(): Network {
  const model = ModelFile.parse(readFileSync(bundledModel), bundledModel);
  return new Network(readGraph(model), model, createReferenceKernels(), ["head8", "head16", "head32"]);
}

describe("a network", () => {
  it("gives the same outputs for the same picture, whatever it saw before", () => {
    const network = open();
    network.input.forEach((_, i) => {
      network.input[i] = (i * 7919) % 256;
    });
    network.run();
    const first = Float32Array.from(network.output("head8").data);
    network.input.fill(255);
    network.run();
    expect(network.output("head8").data).not.toEqual(first);
    network.input.forEach((_, i) => {
      network.input[i] = (i * 7919) % 256;
    });
    network.run();
    expect(network.output("head8").data).toEqual(first);
  });

  it("allocates nothing while it runs", () => {
    const network = open();
    for (let i = 0; i < 10; i++) network.run(); // until compiled
    const { arrayBuffers } = process.memoryUsage();
    // The compiler and the collector allocate when they please: the quietest round counts.
    const rounds = Array.from({ length: 4 }, () => {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 5; i++) network.run();
      return (process.memoryUsage().heapUsed - before) / 5;
    }).filter((bytes) => bytes >= 0);
    expect(process.memoryUsage().arrayBuffers).toBeLessThanOrEqual(arrayBuffers);
    // Less than a view or a closure for each of the layers.
    expect(Math.min(...rounds)).toBeLessThan(8192);
  });

  it("keeps all maps in a block smaller than their sum", () => {
    const network = open();
    const sum = network.layers.reduce((total, layer) => total + layer.outputBytes, 0);
    expect(network.mapBytes).toBeLessThan(sum / 4);
  });
});
