import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RpicamSource } from "../../src/camera/rpicam.ts";
import { StillCamera } from "../../src/camera/still-camera.ts";
import { loadConfig } from "../../src/config/load.ts";
import { patternNumber } from "../helpers/pattern-number.ts";
import { StandinCamera } from "../helpers/standin-camera.ts";
import { until } from "../helpers/until.ts";

const standin = fileURLToPath(new URL("../standin/rpicam-still.mjs", import.meta.url));
const settings = loadConfig({ env: {} }).camera;
const path = process.env.PATH;
let camera: StandinCamera;
let source: RpicamSource;
let numbers: (number | null)[];
let failures: string[];

beforeEach(async () => {
  camera = new StandinCamera();
  // It refuses, as the real one does, while another program has the camera.
  const inUse = `grep -qzs 'RPICAM_STANDIN_FAULT=${camera.folder}/fault' /proc/[0-9]*/environ`;
  const refuse = "echo 'ERROR: *** failed to acquire camera imx219 ***' >&2; exit 255";
  const start = `if ${inUse}; then ${refuse}; fi\nexec '${process.execPath}' '${standin}' "$@"`;
  writeFileSync(join(camera.folder, "rpicam-still"), `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  process.env.PATH = `${camera.folder}:${path}`;
  numbers = [];
  failures = [];
  source = new RpicamSource(camera.program, settings, {
    warn: () => {},
    onFailure: ({ message }) => failures.push(message),
  });
  await source.start((frame) => numbers.push(patternNumber(frame)));
});
afterEach(async () => {
  process.env.PATH = path;
  await source.stop();
  camera.remove();
});

test("the camera is lent for a still, and watches again after it; a second one meanwhile is refused", async () => {
  const stills = new StillCamera(source, settings);
  const taking = stills.take();
  await expect(stills.take()).rejects.toMatchObject({ code: "XC_CAMERA_BUSY" });
  const { width, height } = await sharp(await taking).metadata();
  expect([width, height]).toEqual([3280, 2464]);
  const { length } = numbers;
  await until("frames come again", () => numbers.length > length + 3, 15_000);
  expect(numbers).not.toContain(null);
  expect(camera.processes()).toHaveLength(1);
  // Nothing was wrong with the camera.
  expect(failures).toEqual([]);
}, 40_000);

test("a still that fails says why, and the camera watches again", async () => {
  writeFileSync(
    join(camera.folder, "rpicam-still"),
    "#!/bin/sh\necho 'ERROR: *** no cameras available ***' >&2; exit 255\n",
  );
  await expect(new StillCamera(source, settings).take()).rejects.toMatchObject({ code: "XC_CAMERA_MISSING" });
  const { length } = numbers;
  await until("frames come again", () => numbers.length > length + 3, 15_000);
}, 40_000);

test("a stop while the camera is lent leaves nothing running", async () => {
  const taking = new StillCamera(source, settings).take();
  await source.stop();
  await taking;
  const { length } = numbers;
  expect(camera.processes()).toEqual([]);
  expect(numbers).toHaveLength(length);
}, 40_000);

test("where frames come from elsewhere, it says so", async () => {
  await expect(new StillCamera(null, settings).take()).rejects.toThrow(
    "only a camera on the Pi's ribbon connector takes stills with all pixels",
  );
});
