import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Box } from "../../src/detect/detection.ts";
import { sharp } from "../../src/image/sharp.ts";
import { fixture } from "./paths.ts";

/** A picture of a large camera in which a frame of the demo is far away, and the weapons in it. */
export interface FarScene {
  readonly path: string;
  readonly objects: { label: string; box: Box }[];
}

const size = { width: 1440, height: 810 };
const at = { left: 600, top: 400 };

/** The numbers of the demo's frames. */
export const demoFrames = Array.from({ length: 60 }, (_, i) => String(i + 1).padStart(3, "0"));

/**
 * @param number one of `demoFrames`
 * @param folder where the picture is put
 */
export async function farScene(number: string, folder: string): Promise<FarScene> {
  const frame = fixture(`demo/frame-${number}.webp`);
  const path = join(folder, `far-${number}.jpg`);
  const desert = sharp(frame).extract({ left: 0, top: 0, width: 240, height: 135 }).resize(size);
  const nearby = await sharp(frame).png().toBuffer();
  await sharp(await desert.png().toBuffer())
    .composite([{ input: nearby, ...at }])
    .jpeg({ quality: 95 })
    .toFile(path);
  const labels = JSON.parse(readFileSync(fixture("demo/labels.json"), "utf8")) as Record<
    string,
    FarScene["objects"]
  >;
  const objects = labels[`frame-${number}.webp`]!.map(({ label, box: [x, y, width, height] }) => ({
    label,
    box: [x + at.left, y + at.top, width, height] as Box,
  }));
  return { path, objects };
}
