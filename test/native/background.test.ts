import { execFile } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { addonBackend } from "../../src/nn/kernel-backend.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { inProject } from "../../src/project-folder.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";

const addon = loadAddon();

it.each(addon.variants())(
  "a network in the background gives what it gives in this thread: %s",
  async (variant) => {
    const picture = await decodePicture(fixture("pictures/parity-03.png"));
    const detector = PictureDetector.load(bundledModel, addonBackend(addon, variant));
    const here = detector.detect(picture, { threshold: 0.1 });
    expect(here.detections.length).toBeGreaterThan(0);
    for (let round = 0; round < 3; round++) {
      const there = await detector.detectInBackground(picture, { threshold: 0.1 });
      expect(there.detections).toEqual(here.detections);
    }
  },
);

it("a network in the background runs nothing else, and leaves the event loop alone", async () => {
  const { engine } = PictureDetector.load(bundledModel, addonBackend(addon, "portable")).engines.engineFor(
    224,
    160,
  );
  let turns = 0;
  const turning = setInterval(() => turns++, 0);
  const running = engine.runInBackground!();
  expect(() => engine.run()).toThrow(new RangeError("network is running in the background"));
  await expect(engine.runInBackground!()).rejects.toThrow(RangeError);
  await running;
  clearInterval(turning);
  engine.run();
  expect(turns).toBeGreaterThan(0);
});

/** Starts a network in the background, and goes away. */
const leaving = `
  import(${JSON.stringify(pathToFileURL(inProject("dist/detect/picture-detector.js")))}).then(({ PictureDetector }) => {
    const { engine } = PictureDetector.load(${JSON.stringify(bundledModel)}).engines.engineFor(224, 224);
    engine.runInBackground();
    process.exit(0);
  });
`;

it("Node ends while a network runs in the background", async () => {
  // A crash would reject, with its signal.
  for (let round = 0; round < 3; round++) await promisify(execFile)(process.execPath, ["-e", leaving]);
});

it("a worker ends while its network runs in the background", async () => {
  for (let round = 0; round < 10; round++) {
    const [code] = await once(new Worker(leaving, { eval: true }), "exit");
    expect(code).toBe(0);
  }
});
