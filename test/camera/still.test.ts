import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRpicamStill, takeStill } from "../../src/camera/still.ts";

const standin = fileURLToPath(new URL("../standin/rpicam-still.mjs", import.meta.url));
const settings = {
  rotation: 180,
  hflip: false,
  vflip: true,
  exposure: "sport",
  awb: "daylight",
  roi: [0.25, 0.25, 0.5, 0.5],
} as const;

const path = process.env.PATH;
let folder: string;

beforeEach(() => {
  // A shell must not stumble over the name.
  folder = mkdtempSync(join(tmpdir(), "xnorcam still's-"));
  const start = `RPICAM_STANDIN_FAULT="${join(folder, "fault")}" exec '${process.execPath}' '${standin}' "$@"`;
  writeFileSync(join(folder, "rpicam-still"), `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  process.env.PATH = `${folder}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true });
});

test("a still has all pixels of the sensor, the right way up, and leaves nothing behind", async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("xnorcam-still-"));
  const jpeg = await takeStill(findRpicamStill()!, settings);
  const { width, height } = await sharp(jpeg).metadata();
  expect([width, height]).toEqual([3280, 2464]);
  const corner = await sharp(jpeg).extract({ left: 0, top: 0, width: 16, height: 16 }).raw().toBuffer();
  const [red = 0, , blue = 0] = corner;
  expect(red - blue).toBeGreaterThan(200);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("xnorcam-still-"))).toEqual(before);
}, 30_000);

test.each([
  ["no-cameras", "XC_CAMERA_MISSING"],
  ["in-use", "XC_CAMERA_BUSY"],
])(
  "%s is told by its code",
  async (fault, code) => {
    writeFileSync(join(folder, "fault"), fault);
    await expect(takeStill(findRpicamStill()!, settings)).rejects.toMatchObject({ code });
  },
  30_000,
);

test("a setting that it refuses is named", async () => {
  const refused = takeStill(findRpicamStill()!, { ...settings, awb: "pink" });
  await expect(refused).rejects.toMatchObject({
    code: "XC_CAMERA_SETTINGS",
    message: expect.stringContaining("rpicam-still refuses the settings of camera: Invalid AWB mode: pink"),
  });
}, 30_000);
