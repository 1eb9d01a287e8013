import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { bundledNetworks, networkFile } from "../../src/bundled-networks.ts";
import type { Box, Detection } from "../../src/detect/detection.ts";
import { intersectionOverUnion } from "../../src/detect/nms.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { listPictures } from "../../src/image/list-pictures.ts";
import { fixture } from "../helpers/paths.ts";

type Labels = Record<string, { label: string; box: Box }[]>;

it.each(bundledNetworks)(
  "%s finds the weapon in at least half of the demo's frames, and none where there is none",
  async (network) => {
    const labels = JSON.parse(readFileSync(fixture("demo/labels.json"), "utf8")) as Labels;
    const detector = PictureDetector.load(networkFile({ network, file: null }));
    const frames = await listPictures(fixture("demo"));
    expect(frames.length).toBeGreaterThanOrEqual(60);
    expect(frames.length).toBeLessThanOrEqual(120);

    const outcome = { armed: 0, found: 0, unarmed: 0, falseAlarms: 0 };
    for (const path of frames) {
      const weapons = labels[basename(path)]!;
      const detections = detector
        .detect(await decodePicture(path))
        .detections.filter(({ isWeapon }) => isWeapon);
      if (weapons.length === 0) {
        outcome.unarmed++;
        if (detections.length > 0) outcome.falseAlarms++;
      } else {
        outcome.armed++;
        if (weapons.some(({ box }) => isFound(box, detections))) outcome.found++;
      }
    }
    console.log(
      `demo, ${network}: weapon found in ${outcome.found} of ${outcome.armed} frames, seen in ${outcome.falseAlarms} of ${outcome.unarmed} without one`,
    );
    expect(outcome.found / outcome.armed).toBeGreaterThanOrEqual(0.5);
    expect(outcome.falseAlarms).toBe(0);
  },
);

function isFound(weapon: Box, detections: readonly Detection[]): boolean {
  return detections.some(({ box }) => intersectionOverUnion(weapon, box) >= 0.5);
}
