import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { boxSides } from "../../src/detect/head.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { chooseBackend } from "../../src/nn/backend.ts";
import { loadWasm } from "../../src/nn/kernels/load-wasm.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { Network } from "../../src/nn/network.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";

interface Parity {
  /** SHA-256 of the model that PyTorch ran. */
  model: string;
  threshold: number;
  pictures: {
    picture: string;
    window: [width: number, height: number];
    input: string;
    sums: Record<string, string>;
    boxes: { label: string; score: number; box: number[] }[];
  }[];
}

// Written by scripts/train/make_parity_fixtures.py from the same model and pictures.
const parity = JSON.parse(readFileSync(fixture("parity/parity.json"), "utf8")) as Parity;
const heads = floatsOf(readFileSync(fixture("parity/heads.f32")));

const kernels = ["reference", ...loadAddon().variants(), ...loadWasm().variants()];
const backends = kernels.map((wanted) => chooseBackend({ wanted }));
const detectors = backends.map((backend) => PictureDetector.load(bundledModel, backend));

describe("the engines against PyTorch", () => {
  const { file, graph, head } = detectors[0]!;
  const outputs = head.outputs.map(({ layer }) => layer);
  /** Where the heads of each picture begin in the file. */
  const headOffsets = new Map<string, number>();
  let headsEnd = 0;
  for (const {
    picture,
    window: [width, height],
  } of parity.pictures) {
    headOffsets.set(picture, headsEnd);
    const channels = head.classes.length + boxSides;
    for (const { stride } of head.outputs) headsEnd += (width / stride) * (height / stride) * channels;
  }

  it("compare the bundled model with the run of that same model", () => {
    expect(digest(readFileSync(bundledModel))).toBe(parity.model);
    expect(parity.pictures).toHaveLength(16);
    expect(heads).toHaveLength(headsEnd);
  });

  it.each(parity.pictures)("$picture: the same sums in every layer in integers", async (expected) => {
    const picture = await decodePicture(fixture(`pictures/${expected.picture}`));
    const [width, height] = expected.window;
    const window = { ...graph, input: { ...graph.input, width, height } };
    const network = new Network(window, file, createReferenceKernels(), outputs);
    detectors[0]!.detect(picture);
    network.input.set(detectors[0]!.engineFor(picture).input);
    const sums: Record<string, string> = {};
    network.run((layer) => {
      if (layer.kind === "sums") sums[layer.name] = digest(layer.output);
    });
    expect(sums).toEqual(expected.sums);
  });

  const runs = detectors.flatMap((detector) =>
    parity.pictures.map((expected) => ({ detector, expected, kernels: detector.backend.kernels })),
  );
  it.each(runs)(
    "$kernels, $expected.picture: the same input, outputs and boxes",
    async ({ detector, expected }) => {
      const picture = await decodePicture(fixture(`pictures/${expected.picture}`));
      const { detections } = detector.detect(picture, { threshold: parity.threshold });
      const engine = detector.engineFor(picture);
      expect([engine.inputShape.width, engine.inputShape.height]).toEqual(expected.window);
      expect(digest(engine.input)).toBe(expected.input);

      let largestError = 0;
      let headOffset = headOffsets.get(expected.picture)!;
      for (const { layer } of head.outputs) {
        const { data } = engine.output(layer);
        const wanted = heads.subarray(headOffset, headOffset + data.length);
        expect(wanted).toHaveLength(data.length);
        data.forEach((value, i) => {
          largestError = Math.max(largestError, Math.abs(value - wanted[i]!));
        });
        headOffset += data.length;
      }
      expect(largestError).toBeLessThanOrEqual(1e-3);

      expect(detections.map(({ label }) => label)).toEqual(expected.boxes.map(({ label }) => label));
      for (const [i, { score, box }] of detections.entries()) {
        expect(score).toBeCloseTo(expected.boxes[i]!.score, 4);
        box.forEach((value, side) => {
          expect(value).toBeCloseTo(expected.boxes[i]!.box[side]!, 2);
        });
      }
    },
  );
});

function digest(data: ArrayBufferView): string {
  return createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}

function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
