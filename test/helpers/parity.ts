import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { boxSides } from "../../src/detect/head.ts";
import type { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { chooseBackend } from "../../src/nn/backend.ts";
import { loadWasm } from "../../src/nn/kernels/load-wasm.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { createReferenceKernels } from "../../src/nn/kernels/reference.ts";
import { Network } from "../../src/nn/network.ts";
import { fixture } from "./paths.ts";

/** What PyTorch gave for a picture. */
export interface PictureParity {
  picture: string;
  window: [width: number, height: number];
  input: string;
  sums: Record<string, string>;
  boxes: { label: string; score: number; box: number[] }[];
}

/** What scripts/train/make_parity_fixtures.py writes of a model and some pictures. */
export interface Parity {
  /** SHA-256 of the model that PyTorch ran. */
  model: string;
  threshold: number;
  pictures: PictureParity[];
}

/** Every engine that this machine has. */
export const allBackends = ["reference", ...loadAddon().variants(), ...loadWasm().variants()].map((wanted) =>
  chooseBackend({ wanted }),
);

/** @param folder what the script wrote */
export function readParity(folder: string): { parity: Parity; heads: Float32Array } {
  const parity = JSON.parse(readFileSync(join(folder, "parity.json"), "utf8")) as Parity;
  const heads = new Float32Array(new Uint8Array(readFileSync(join(folder, "heads.f32"))).buffer);
  return { parity, heads };
}

/** The part of `heads` that belongs to each picture, by its name. @throws Error when they do not fill it */
export function headsOf({ head }: PictureDetector, { pictures }: Parity, heads: Float32Array) {
  let end = 0;
  const parts = new Map(
    pictures.map(({ picture, window: [width, height] }): [string, Float32Array] => {
      const channels = head.classes.length + boxSides;
      const cells = head.outputs.reduce((sum, { stride }) => sum + (width / stride) * (height / stride), 0);
      const begin = end;
      end += cells * channels;
      return [picture, heads.subarray(begin, end)];
    }),
  );
  if (end !== heads.length) throw new Error(`heads.f32 has ${heads.length} numbers, expected ${end}`);
  return parts;
}

/** Hashes of the sums of all layers in integers, by the reference kernels. */
export async function sumsOf(detector: PictureDetector, expected: PictureParity) {
  const { file, graph, head } = detector;
  const [width, height] = expected.window;
  const window = { ...graph, input: { ...graph.input, width, height } };
  const outputs = head.outputs.map(({ layer }) => layer);
  const network = new Network(window, file, createReferenceKernels(), outputs);
  const picture = await decodePicture(fixture(`pictures/${expected.picture}`));
  detector.detect(picture);
  network.input.set(detector.engineFor(picture).input);
  const sums: Record<string, string> = {};
  network.run((layer) => {
    if (layer.kind === "sums") sums[layer.name] = digest(layer.output);
  });
  return sums;
}

/**
 * Expects of a detector the input, outputs and boxes that PyTorch gave.
 * @returns the outputs, one behind the other
 */
export async function expectSameRun(
  detector: PictureDetector,
  { threshold }: Parity,
  expected: PictureParity,
  heads: Float32Array,
): Promise<Float32Array> {
  const picture = await decodePicture(fixture(`pictures/${expected.picture}`));
  const { detections } = detector.detect(picture, { threshold });
  const engine = detector.engineFor(picture);
  expect([engine.inputShape.width, engine.inputShape.height]).toEqual(expected.window);
  expect(digest(engine.input)).toBe(expected.input);

  const found = new Float32Array(heads.length);
  let at = 0;
  for (const { layer } of detector.head.outputs) {
    const { data } = engine.output(layer);
    found.set(data, at);
    at += data.length;
  }
  expect(at).toBe(heads.length);
  const errors = found.map((value, i) => Math.abs(value - heads[i]!));
  expect(errors.reduce((largest, error) => Math.max(largest, error), 0)).toBeLessThanOrEqual(1e-3);

  expect(detections.map(({ label }) => label)).toEqual(expected.boxes.map(({ label }) => label));
  for (const [i, { score, box }] of detections.entries()) {
    const wanted = expected.boxes[i]!;
    expect(Math.abs(score - wanted.score)).toBeLessThanOrEqual(1e-4);
    for (const [side, value] of box.entries()) {
      expect(Math.abs(value - wanted.box[side]!)).toBeLessThanOrEqual(1e-3);
    }
  }
  return found;
}

export function digest(data: ArrayBufferView): string {
  return createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}
