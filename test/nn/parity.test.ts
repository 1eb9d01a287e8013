import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { networkFile } from "../../src/bundled-networks.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { allBackends, digest, expectSameRun, headsOf, readParity, sumsOf } from "../helpers/parity.ts";
import { fixture } from "../helpers/paths.ts";

// Written by scripts/train/make_parity_fixtures.py from the same model and pictures.
describe.each([
  { network: "xnor-yolo-zero", folder: "parity", pictures: 16 },
  { network: "xnor-yolo-plus", folder: "parity-plus", pictures: 4 },
] as const)("the engines against PyTorch, $network", ({ network, folder, pictures }) => {
  const { parity, heads } = readParity(fixture(folder));
  const model = networkFile({ network, file: null });
  const detectors = allBackends.map((backend) => PictureDetector.load(model, backend));
  const parts = headsOf(detectors[0]!, parity, heads);

  it("compare the bundled model with the run of that same model", () => {
    expect(digest(readFileSync(model))).toBe(parity.model);
    expect(parity.pictures).toHaveLength(pictures);
  });

  it.each(parity.pictures)("$picture: the same sums in every layer in integers", async (expected) => {
    expect(await sumsOf(detectors[0]!, expected)).toEqual(expected.sums);
  });

  const runs = detectors.flatMap((detector) =>
    parity.pictures.map((expected) => ({ detector, expected, kernels: detector.backend.kernels })),
  );
  it.each(runs)(
    "$kernels, $expected.picture: the same input, outputs and boxes",
    async ({ detector, expected }) => {
      await expectSameRun(detector, parity, expected, parts.get(expected.picture)!);
    },
  );
});
