import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";
import { RpicamSource } from "../../src/camera/rpicam.ts";
import type { RpicamSettings } from "../../src/camera/rpicam-settings.ts";
import { XnorcamError } from "../../src/errors.ts";
import { type Fault, StandinCamera } from "../helpers/standin-camera.ts";
import { until } from "../helpers/until.ts";

const settings: RpicamSettings = {
  width: 640,
  height: 480,
  fps: 20,
  rotation: 180,
  hflip: true,
  vflip: false,
  exposure: "sport",
  awb: "daylight",
  roi: [0.25, 0.25, 0.5, 0.5],
};

let camera: StandinCamera;
let source: RpicamSource | undefined;

beforeEach(() => {
  camera = new StandinCamera();
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  camera.remove();
});

/** The number that the stand-in gave the frame, or null for a frame that is not as it was sent. */
function numberOf({ width, height, data }: Picture): number | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const isWhole =
    data.length === i420Bytes(width, height) && bytes.readUInt32LE(4) === crc32(data.subarray(8));
  return isWhole ? bytes.readUInt32LE(0) : null;
}

function watch(change: Partial<RpicamSettings> = {}, program = camera.program) {
  const seen = {
    numbers: [] as (number | null)[],
    ids: [] as number[],
    lastMs: 0,
    pictures: new Set<unknown>(),
  };
  const failures: XnorcamError[] = [];
  const warnings: string[] = [];
  source = new RpicamSource(
    program,
    { ...settings, ...change },
    { warn: (line) => warnings.push(line), onFailure: (error) => failures.push(error) },
  );
  const started = source.start((frame) => {
    seen.numbers.push(numberOf(frame));
    seen.ids.push(frame.id);
    seen.lastMs = frame.capturedAtMs;
    seen.pictures.add(frame.data);
  });
  return { source, started, seen, failures, warnings };
}

/** Memory that is in use, not what waits to be collected. */
function keptBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function errorOf(started: Promise<void>): Promise<XnorcamError> {
  const error = await started.then(
    () => new Error("it started"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof XnorcamError)) throw error;
  expect(error.message).not.toContain("\n");
  return error;
}

describe("frames", () => {
  test.each([
    [640, 480],
    [644, 482],
  ])("of %i × %i come whole, in order and at their rate", async (width, height) => {
    const { source, started, seen, failures } = watch({ width, height });
    await started;
    expect(seen.ids.length).toBeGreaterThan(0);
    await until("many have come", () => seen.numbers.length >= 20);
    expect(seen.numbers).not.toContain(null);
    expect(seen.numbers).toEqual([...seen.numbers].sort((a, b) => Number(a) - Number(b)));
    expect(seen.ids).toEqual(seen.ids.map((_, index) => index + 1));
    expect(source.stats).toEqual({ delivered: seen.ids.length, broken: 0 });
    expect(failures).toEqual([]);
    expect(source.description).toBe(`Raspberry Pi camera (rpicam-vid, ${width} × ${height}, 20 fps)`);
  });

  test("come one a second when the camera is that slow, which is no failure", async () => {
    camera.break("slow");
    const { started, seen, failures } = watch();
    await started;
    await until("some have come", () => seen.numbers.length >= 3);
    expect(seen.numbers).toEqual([0, 1, 2]);
    expect(failures).toEqual([]);
  });

  test("come whole, too, when this program had no time for a while", async () => {
    const { source, started, seen, failures } = watch();
    await started;
    for (let round = 0; round < 3; round++) {
      const busyUntilMs = performance.now() + 300;
      while (performance.now() < busyUntilMs);
      const { length } = seen.numbers;
      await until("it goes on", () => seen.numbers.length > length + 2);
    }
    expect(seen.numbers).not.toContain(null);
    expect(source.stats.broken).toBe(0);
    expect(failures).toEqual([]);
  });

  test("take no memory that grows", async () => {
    const { started, seen } = watch({ fps: 60 });
    await started;
    await until("it has warmed up", () => seen.numbers.length >= 40);
    const before = keptBytes();
    await until("hundreds have come", () => seen.numbers.length >= 240, 15_000);
    // 200 frames are 92 MB.
    expect(keptBytes() - before).toBeLessThan(3e6);
    // One piece of memory for all of them.
    expect(seen.pictures.size).toBe(1);
    expect(seen.numbers).not.toContain(null);
  }, 20_000);
});

describe("whole frames come again within 5 s when the camera", () => {
  /** @param torn frames that may come out wrong: raw video has no marks, only pauses tell where a frame begins. */
  async function breakDown(fault: Fault, torn = 0) {
    const { source, started, seen, failures, warnings } = watch();
    await started;
    await until("it plays", () => seen.numbers.length >= 5);
    camera.break(fault);
    const brokenMs = performance.now();
    await until("it is broken", () => failures.length > 0 || source.stats.broken > 0 || warnings.length > 5);
    const { length } = seen.numbers;
    await until("frames come again", () => seen.numbers.length > length + 5);
    expect(performance.now() - brokenMs).toBeLessThan(5000);
    expect(seen.numbers.filter((number) => number === null).length).toBeLessThanOrEqual(torn);
    expect(seen.numbers.slice(-5)).not.toContain(null);
    expect(camera.processes()).toHaveLength(1);
    return { source, failures: failures.map(({ message }) => message), warnings };
  }

  test("dies in the middle of a frame", async () => {
    const { failures } = await breakDown("die");
    expect(failures).toEqual(["rpicam-vid has ended (SIGABRT): it gave no reason"]);
  });

  test("stalls", async () => {
    const { failures } = await breakDown("stall");
    expect(failures).toEqual([
      "rpicam-vid has sent no whole frame for 3 s: if this comes again, check the camera's cable and power",
    ]);
  });

  test("sends bytes that belong to no frame", async () => {
    const { failures, source } = await breakDown("garbage", 1);
    expect(failures).toEqual([]);
    expect(source.stats.broken).toBeGreaterThan(0);
  });

  test("floods", async () => {
    const { failures } = await breakDown("flood");
    expect(failures).toEqual(["rpicam-vid sends at least 81 frames a second, where 20 were asked for"]);
  });

  test("floods standard error, of which the log gets little", async () => {
    const { failures, warnings } = await breakDown("text");
    expect(failures).toEqual([]);
    expect(warnings).toHaveLength(10);
  });

  test("is gone for a while, and each try says why", async () => {
    const { started, seen, failures } = watch();
    await started;
    camera.break("die");
    await until("it has died", () => failures.length === 1);
    camera.break("no-cameras");
    await until("it was tried again", () => failures.length === 3);
    camera.repair();
    const { length } = seen.numbers;
    await until("frames come again", () => seen.numbers.length > length);
    expect(failures.map(({ code }) => code)).toEqual([
      "XC_CAMERA_FAILED",
      "XC_CAMERA_MISSING",
      "XC_CAMERA_MISSING",
    ]);
  });
});

describe("what keeps it from starting is told with the fix, and nothing is left:", () => {
  test.each<[Fault, string, string]>([
    ["no-cameras", "XC_CAMERA_MISSING", "check the ribbon cable at both ends"],
    ["in-use", "XC_CAMERA_BUSY", "`sudo fuser -v /dev/media*` shows which"],
    ["no-permission", "XC_CAMERA_PERMISSION", "`sudo usermod -aG video $USER`"],
  ])("%s", async (fault, code, fix) => {
    camera.break(fault);
    const { started, failures } = watch();
    const error = await errorOf(started);
    expect(error.code).toBe(code);
    expect(error.message).toContain(fix);
    expect(failures).toEqual([]);
    expect(camera.processes()).toEqual([]);
  });

  test("no program", async () => {
    const error = await errorOf(watch({}, "/nowhere/rpicam-vid").started);
    expect(error.code).toBe("XC_CAMERA_NOT_INSTALLED");
    expect(error.message).toContain("sudo apt install rpicam-apps-lite");
  });

  test("a setting that the program refuses", async () => {
    const error = await errorOf(watch({ awb: "pink" }).started);
    expect(error.code).toBe("XC_CAMERA_SETTINGS");
    expect(error.message).toContain("rpicam-vid refuses the settings of camera: Invalid AWB mode: pink");
  });

  test("a size that the camera does not offer", async () => {
    const error = await errorOf(watch({ width: 641 }).started);
    expect(error.code).toBe("XC_CAMERA_SETTINGS");
    expect(error.message).toBe(
      "the camera does not offer 641 × 480: set camera.width to 640 and camera.height to 480",
    );
    expect(camera.processes()).toEqual([]);
  });
});

describe("stopping leaves no process and no frame behind", () => {
  test("while frames come, also twice", async () => {
    const { source, started, seen } = watch();
    await started;
    expect(camera.processes()).toHaveLength(1);
    await Promise.all([source.stop(), source.stop()]);
    expect(camera.processes()).toEqual([]);
    const { length } = seen.numbers;
    await sleep(200);
    expect(seen.numbers).toHaveLength(length);
  });

  test("while it starts", async () => {
    const { source, started, seen } = watch();
    await source.stop();
    await started;
    expect(camera.processes()).toEqual([]);
    expect(seen.numbers).toEqual([]);
  });

  test("while it waits to start again", async () => {
    const { source, started, failures } = watch();
    await started;
    camera.break("die");
    await until("it has died", () => failures.length === 1);
    await source.stop();
    await sleep(700);
    expect(camera.processes()).toEqual([]);
  });
});
