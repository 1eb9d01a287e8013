import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";

interface Parity {
  /** SHA-256 of the model that PyTorch ran. */
  model: string;
  threshold: number;
  pictures: {
    picture: string;
    input: string;
    sums: Record<string, string>;
    boxes: { label: string; score: number; box: number[] }[];
  }[];
}

// Written by scripts/train/make_parity_fixtures.py from the same model and pictures.
const parity = JSON.parse(readFileSync(fixture("parity/parity.json"), "utf8")) as Parity;
const heads = floatsOf(readFileSync(fixture("parity/heads.f32")));

describe("the engine against PyTorch", () => {
  const detector = PictureDetector.load(bundledModel);
  const { network, head } = detector;
  const headSize = head.outputs.reduce((sum, { layer }) => sum + network.output(layer).data.length, 0);

  it("compares the bundled model with the run of that same model", () => {
    expect(digest(readFileSync(bundledModel))).toBe(parity.model);
    expect(parity.pictures).toHaveLength(16);
  });

  it.each(parity.pictures)("$picture: same input, sums, head outputs and boxes", async (expected) => {
    const picture = await decodePicture(fixture(`pictures/${expected.picture}`));
    const { detections } = detector.detect(picture, { threshold: parity.threshold });
    expect(digest(network.input)).toBe(expected.input);

    const sums: Record<string, string> = {};
    network.run((layer) => {
      if (layer.op === "binary_conv") sums[layer.name] = digest(layer.output);
    });
    expect(sums).toEqual(expected.sums);

    let largestError = 0;
    let headOffset = parity.pictures.indexOf(expected) * headSize;
    for (const { layer } of head.outputs) {
      const { data } = network.output(layer);
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
  });
});

function digest(data: Uint8Array | Float32Array | Int32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}

function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
