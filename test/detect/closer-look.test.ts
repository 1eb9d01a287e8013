import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Picture } from "../../src/camera/frame.ts";
import { FrameDetector } from "../../src/detect/frame-detector.ts";
import type { Detected } from "../../src/detect/model-detector.ts";
import { intersectionOverUnion } from "../../src/detect/nms.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { demoFrames, type FarScene, farScene } from "../helpers/far-scene.ts";
import { bundledModel } from "../helpers/paths.ts";

const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
afterAll(() => rmSync(folder, { recursive: true }));

function request({ width, height, data }: Picture) {
  const buffer = new SharedArrayBuffer(data.length);
  new Uint8Array(buffer).set(data);
  return { buffer, width, height };
}

function isFound({ objects }: FarScene, { detections }: Detected): boolean {
  return objects.some((object) =>
    detections.some(({ box, isWeapon }) => isWeapon && intersectionOverUnion(object.box, box) >= 0.5),
  );
}

it("closer looks find weapons that are too far away for a look at the whole frame", {
  timeout: 120_000,
}, async () => {
  const options = { modelPath: bundledModel };
  const fromAfar = new FrameDetector(options);
  const count = { armed: 0, whole: 0, closer: 0, unarmed: 0, falseAlarms: 0 };
  for (const number of demoFrames) {
    const scene = await farScene(number, folder);
    const frame = request(await decodePicture(scene.path));
    const whole = fromAfar.detect(frame);
    // A new one for each: where the last one looked does not matter.
    const closer = new FrameDetector({ ...options, closerLooks: 3 }).detect(frame);
    if (scene.objects.length === 0) {
      count.unarmed++;
      if (closer.detections.some(({ isWeapon }) => isWeapon)) count.falseAlarms++;
    } else {
      count.armed++;
      if (isFound(scene, whole)) count.whole++;
      if (isFound(scene, closer)) count.closer++;
    }
    const others = ({ detections }: Detected) => detections.filter(({ isWeapon }) => !isWeapon);
    expect(others(closer)).toEqual(others(whole));
  }
  const { armed, whole, closer, unarmed, falseAlarms } = count;
  console.log(
    `far away: weapon found in ${whole} of ${armed} frames, with closer looks in ${closer}, seen in ${falseAlarms} of ${unarmed} without one`,
  );
  expect(whole).toBeLessThanOrEqual(armed / 5);
  expect(closer).toBeGreaterThanOrEqual(armed / 3);
});

it("they find the same with the network in a thread of its own, and take turns over the frames", async () => {
  const frame = request(await decodePicture((await farScene("012", folder)).path));
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
