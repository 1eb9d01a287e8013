import { describe, expect, it } from "vitest";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { chooseBackend } from "../../src/nn/backend.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";

const gray = (width: number, height: number): Picture => ({
  width,
  height,
  data: new Uint8Array(i420Bytes(width, height)).fill(128),
});

describe("a network on windows", () => {
  const detector = PictureDetector.load(bundledModel);
  const { width, height, multiple } = detector.engines.limits;
  const sizeFor = (picture: Picture) => {
    const { inputShape } = detector.engineFor(picture);
    return [inputShape.width, inputShape.height];
  };

  it("runs on an input no larger than the picture fills, in whole cells of the coarsest level", () => {
    expect(multiple).toBe(32);
    expect(sizeFor(gray(width, height))).toEqual([width, height]);
    expect(sizeFor(gray(10 * width, 320))).toEqual([width, 32]);
    expect(sizeFor(gray(320, 10 * height))).toEqual([32, height]);
  });

  it("keeps the engine of a window while it is in use, and those of eight in all", () => {
    const first = detector.engines.engineFor(width, height);
    for (let i = 1; i <= 20; i++) {
      detector.engines.engineFor(width, 32 * ((i % 4) + 1));
      expect(detector.engines.engineFor(width, height)).toBe(first);
    }
    const narrow = detector.engines.engineFor(32, height);
    for (let i = 2; i < 7; i++) detector.engines.engineFor(32 * i, height);
    for (let i = 1; i < 4; i++) detector.engines.engineFor(width, 32 * i);
    expect(detector.engines.engineFor(32, height)).not.toBe(narrow);
  });

  it("finds the same with every variant of the kernels", async () => {
    const picture = await decodePicture(fixture("pictures/parity-16.png"));
    const { addon } = detector.backend;
    const wanted = PictureDetector.load(bundledModel, chooseBackend({ wanted: "reference" })).detect(picture);
    expect(wanted.detections.length).toBeGreaterThan(0);
    for (const variant of addon!.variants()) {
      const own = PictureDetector.load(bundledModel, chooseBackend({ wanted: variant }));
      expect(own.detect(picture).detections).toEqual(wanted.detections);
    }
  });
});
