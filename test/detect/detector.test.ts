import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Frame, i420Bytes, type Picture } from "../../src/camera/frame.ts";
import { importDarknet } from "../../src/darknet/import.ts";
import type { FrameDetections } from "../../src/detect/detection.ts";
import { Detector } from "../../src/detect/detector.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import type { XnorcamError } from "../../src/errors.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { darknetFiles } from "../helpers/darknet.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";
import { until } from "../helpers/until.ts";

interface Seen {
  result: FrameDetections;
  firstByte: number;
}

let detector: Detector | undefined;
afterEach(async () => {
  await detector?.stop();
});

function watch(modelPath = bundledModel) {
  const seen: Seen[] = [];
  const failures: XnorcamError[] = [];
  detector = new Detector(
    { modelPath, threshold: 0.1 },
    {
      onDetections: (result: FrameDetections, picture: Picture) =>
        seen.push({ result, firstByte: picture.data[0]! }),
      onFailure: (error) => failures.push(error),
    },
  );
  return { detector, seen, failures };
}

function frame(id: number, width = 64, height = 48): Frame {
  const data = new Uint8Array(i420Bytes(width, height)).fill(id);
  return { id, capturedAtMs: performance.now(), width, height, data };
}

it("leaves kernels in WebAssembly to the worker that runs them", async () => {
  vi.stubEnv("XNORCAM_KERNELS", "wasm");
  const compiled = vi.spyOn(WebAssembly, "Module");
  try {
    const info = await watch().detector.start();
    expect(info.kernels).toBe("wasm");
    expect(compiled).not.toHaveBeenCalled();
  } finally {
    compiled.mockRestore();
    vi.unstubAllEnvs();
  }
});

/** The native kernels have a thread of their own, those in WebAssembly get a worker. */
describe.each([loadAddon().variants()[0]!, "wasm"])("the detector's thread with %s kernels", (kernels) => {
  beforeEach(() => vi.stubEnv("XNORCAM_KERNELS", kernels));
  afterEach(() => vi.unstubAllEnvs());

  it("says what it runs once the model is loaded", async () => {
    const info = await watch().detector.start();
    expect(info).toMatchObject({
      modelName: "xnor-yolo-zero",
      inputWidth: 224,
      inputHeight: 224,
      weapons: ["handgun", "rifle", "knife"],
      kernels,
      kernelsWarning: null,
    });
  });

  it("finds what the same model finds on the same picture in this thread", async () => {
    const { detector, seen } = watch();
    await detector.start();
    const picture = await decodePicture(fixture("pictures/parity-03.png"));
    detector.submit({ ...picture, id: 5, capturedAtMs: performance.now() });
    await until("the result", () => seen.length === 1);
    const { result } = seen[0]!;
    const direct = PictureDetector.load(bundledModel).detect(picture, { threshold: 0.1 });
    expect(result.detections).toEqual(direct.detections);
    expect(result).toMatchObject({ frameId: 5, width: picture.width, height: picture.height });
    expect(result.latencyMs).toBeGreaterThan(result.timings.networkMs);
  });

  it("keeps one frame in flight and the newest waiting, and counts the rest as dropped", async () => {
    const { detector, seen } = watch();
    await detector.start();
    for (let id = 1; id <= 10; id++) detector.submit(frame(id));
    await until("both results", () => seen.length === 2);
    expect(seen.map(({ result }) => result.frameId)).toEqual([1, 10]);
    // The picture that comes with a result is that of its frame.
    expect(seen.map(({ firstByte }) => firstByte)).toEqual([1, 10]);
    expect(detector.stats).toMatchObject({ submitted: 10, dropped: 8, processed: 2 });
  });

  it("takes the memory of a frame that is offered, and gives other for it, without ever allocating more", async () => {
    const { detector, seen } = watch();
    await detector.start();
    const memories = new Set<SharedArrayBuffer>();
    let memory = new SharedArrayBuffer(i420Bytes(64, 48));
    for (let id = 1; id <= 30; id++) {
      memories.add(memory);
      const data = new Uint8Array(memory).fill(id);
      let given: SharedArrayBuffer | undefined;
      const exchange = (other: SharedArrayBuffer) => {
        given = other;
      };
      detector.submit({ ...frame(id), data, exchange });
      expect(given).not.toBe(memory);
      memory = given!;
      if (id % 3 === 0) await until("it has caught up", () => seen.length === (id / 3) * 2);
    }
    // One with the source, one in flight, one waiting.
    expect(memories.size).toBe(3);
    expect(seen.map(({ result, firstByte }) => [result.frameId, firstByte])).toEqual(
      Array.from({ length: 10 }, (_, round) => [3 * round + 1, 3 * round + 3]).flatMap(([first, last]) => [
        [first, first],
        [last, last],
      ]),
    );
  });

  it("takes frames of changing sizes", async () => {
    const { detector, seen } = watch();
    await detector.start();
    for (const [width, height] of [
      [320, 180],
      [1, 1],
      [641, 479],
    ] as const) {
      const before = seen.length;
      detector.submit(frame(before + 1, width, height));
      await until("the result", () => seen.length === before + 1);
      expect(seen.at(-1)!.result).toMatchObject({ width, height });
    }
  });

  it("computes a network from Darknet, with pooling and routes", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "imported.safetensors");
    writeFileSync(path, importDarknet(darknetFiles("xnor"), { name: "imported", weapons: [] }));
    const { detector, seen, failures } = watch(path);
    expect(await detector.start()).toMatchObject({ kernels, kernelsWarning: null });
    detector.submit(frame(1));
    await until("the result", () => seen.length === 1);
    expect(failures).toEqual([]);
  });

  it("refuses to start on a broken model, and says which", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "broken.safetensors");
    writeFileSync(path, "not a model");
    await expect(watch(path).detector.start()).rejects.toMatchObject({
      code: "XC_MODEL_INVALID",
      message: expect.stringContaining(path) as string,
    });
    await expect(watch("/nowhere.safetensors").detector.start()).rejects.toMatchObject({
      code: "XC_MODEL_UNREADABLE",
    });
  });

  it("stops for good, twice if asked", async () => {
    const { detector, seen } = watch();
    await detector.start();
    detector.submit(frame(1));
    await detector.stop();
    await detector.stop();
    detector.submit(frame(2));
    expect(seen).toEqual([]);
  });
});
