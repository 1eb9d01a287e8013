import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { allBackends, digest, expectSameRun, headsOf, readParity, sumsOf } from "../helpers/parity.ts";
import { fixture } from "../helpers/paths.ts";

// Small networks, untrained, written by scripts/train/make_method_fixtures.py; or those of a folder like theirs.
const small = fixture("methods");
const folder = process.env.METHOD_PARITY ?? small;
const methods = readdirSync(folder).sort();
/** The reference takes a second for a picture of a large network in real numbers. */
const timeout = 300_000;

it.runIf(folder === small)("there is a network of every method", () => {
  expect(methods).toEqual([
    ...["binaryconnect", "binaryconnect-stochastic", "bnn", "bwn"],
    ...["dorefa-1", "dorefa-2", "dorefa-4", "dorefa-8"],
    ...["float", "int8", "ternary", "ternary-trained", "xnor", "xnor-learned"],
  ]);
});

describe.each(methods)("a network of %s, the engines against PyTorch", (method) => {
  const { parity, heads } = readParity(join(folder, method));
  const file = join(folder, method, "model.safetensors");
  const [reference, ...others] = allBackends.map((backend) => PictureDetector.load(file, backend));
  const parts = headsOf(reference!, parity, heads);

  it("compares the model that PyTorch ran, which says by what it was trained, on 8 pictures", () => {
    expect(digest(readFileSync(file))).toBe(parity.model);
    expect(reference!.graph.extra.training).toMatchObject({ method });
    expect(parity.pictures.length).toBeGreaterThanOrEqual(8);
    expect(parity.pictures.flatMap(({ boxes }) => boxes).length).toBeGreaterThan(0);
  });

  it("the same sums in every layer in integers", { timeout }, async () => {
    for (const expected of parity.pictures) {
      expect(await sumsOf(reference!, expected), expected.picture).toEqual(expected.sums);
    }
  });

  it("the same outputs and boxes, and those of all kernels to the last bit", { timeout }, async () => {
    for (const expected of parity.pictures) {
      const wanted = parts.get(expected.picture)!;
      const outputs = await expectSameRun(reference!, parity, expected, wanted);
      for (const detector of others) {
        const found = await expectSameRun(detector, parity, expected, wanted);
        expect(found, `${detector.backend.kernels}, ${expected.picture}`).toEqual(outputs);
      }
    }
  });
});
