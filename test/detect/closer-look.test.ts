import { expect, it } from "vitest";
import type { Picture } from "../../src/camera/frame.ts";
import { FrameDetector } from "../../src/detect/frame-detector.ts";
import type { Detected } from "../../src/detect/model-detector.ts";
import { intersectionOverUnion } from "../../src/detect/nms.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { type FarScene, farScene } from "../helpers/far-scene.ts";
import { bundledModel } from "../helpers/paths.ts";

const scenes = await Promise.all(["003", "012", "020", "030"].map(farScene));

function request({ width, height, data }: Picture) {
  const buffer = new SharedArrayBuffer(data.length);
  new Uint8Array(buffer).set(data);
  return { buffer, width, height };
}

function isFound({ objects }: FarScene, { detections }: Detected): boolean {
  return objects.some((object) =>
    detections.some(({ box, isWeapon }) => isWeapon && intersectionOverUnion(object.box, box) >= 0.4),
  );
}

it("closer looks find weapons that are too far away for a look at the whole frame", async () => {
  const found = { whole: 0, closer: 0 };
  for (const scene of scenes) {
    const frame = request(await decodePicture(scene.path));
    const whole = new FrameDetector({ modelPath: bundledModel }).detect(frame);
    const closer = new FrameDetector({ modelPath: bundledModel, closerLooks: 3 }).detect(frame);
    if (isFound(scene, whole)) found.whole++;
    if (isFound(scene, closer)) found.closer++;
    const others = ({ detections }: Detected) => detections.filter(({ isWeapon }) => !isWeapon);
    expect(others(closer)).toEqual(others(whole));
    expect(closer.weak.every(({ score }) => score > 0)).toBe(true);
  }
  expect(found.whole).toBeLessThanOrEqual(1);
  expect(found.closer).toBeGreaterThanOrEqual(3);
});

it("they find the same with the network in a thread of its own, and take turns over the frames", async () => {
  const frame = request(await decodePicture(scenes[1]!.path));
  const setup = { modelPath: bundledModel, closerLooks: 1 };
  const [here, there] = [new FrameDetector(setup), new FrameDetector(setup)];
  const seen: Detected["detections"][] = [];
  for (let turn = 0; turn < 8; turn++) {
    const { detections, weak } = here.detect(frame);
    expect(await there.detectInBackground(frame)).toMatchObject({ detections, weak });
    seen.push(detections);
  }
  expect(new Set(seen.map((detections) => JSON.stringify(detections))).size).toBeGreaterThan(1);
});
