import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Picture } from "../../src/camera/frame.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { picturesRoot } from "./live-server.ts";
import { bundledModel } from "./paths.ts";

export interface AlarmTrigger {
  /** The class that the first picture shows. */
  readonly label: string;
  /** Between the score of that picture and what the network sees of the class in gray. */
  readonly threshold: number;
}

/**
 * Writes a sequence for the stand-in camera: some times that of our pictures in which the network is surest, then gray.
 * It works with any network, since it asks the network.
 */
export async function writeAlarmPictures(
  folder: string,
  seenCount: number,
  grayCount: number,
): Promise<AlarmTrigger> {
  const detector = PictureDetector.load(bundledModel);
  // Best first, so the last that is set of each class is its best.
  const scores = (picture: Picture): Map<string, number> =>
    new Map(
      detector
        .detect(picture, { threshold: 0.05 })
        .detections.toReversed()
        .map(({ label, score }) => [label, score]),
    );
  mkdirSync(folder, { recursive: true });
  const gray = join(folder, "b00.png");
  writeFileSync(gray, grayPng);
  const inGray = scores(await decodePicture(gray));

  let found = { name: "", label: "", margin: 0, threshold: 0 };
  for (const name of readdirSync(picturesRoot)) {
    const picture = await decodePicture(join(picturesRoot, name));
    for (const [label, seen] of scores(picture)) {
      const quiet = inGray.get(label) ?? 0.05;
      if (seen - quiet <= found.margin) continue;
      // Scaled by the camera, it may be a little less sure.
      found = { name, label, margin: seen - quiet, threshold: quiet + (seen - quiet) / 4 };
    }
  }
  const name = (kind: string, index: number) => join(folder, `${kind}${String(index).padStart(2, "0")}.png`);
  for (let index = 0; index < seenCount; index++) {
    cpSync(join(picturesRoot, found.name), name("a", index));
  }
  for (let index = 1; index < grayCount; index++) cpSync(gray, name("b", index));
  return { label: found.label, threshold: found.threshold };
}

/** 64 × 48 pixels. */
const grayPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAwCAIAAAAuKetIAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAP0lEQVRo3u3PMQ0AAAwDoEqv9FrYuwQckD4XAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAYGrATqdAQ8yRkwHAAAAAElFTkSuQmCC",
  "base64",
);
