import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RpicamSource } from "../../src/camera/rpicam.ts";
import type { RpicamSettings } from "../../src/camera/rpicam-settings.ts";
import { XnorcamError } from "../../src/errors.ts";
import { randomFrom } from "../../src/random.ts";
import { patternNumber } from "../helpers/pattern-number.ts";
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
    seen.numbers.push(patternNumber(frame));
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
    // 200 frames are 92 MB. V8 gives buffers back in another thread, for which a busy machine may have no time at once.
    await until("what was read is given back", () => keptBytes() - before < 3e6);
    // One piece of memory for all of them.
    expect(seen.pictures.size).toBe(1);
    expect(seen.numbers).not.toContain(null);
  }, 20_000);
});

describe("whole frames come again within 5 s when the camera", () => {
  async function breakDown(fault: Fault) {
    const { source, started, seen, failures, warnings } = watch();
    await started;
    await until("it plays", () => seen.numbers.length >= 5);
    camera.break(fault);
    const brokenMs = performance.now();
    await until("it is broken", () => failures.length > 0 || source.stats.broken > 0 || warnings.length > 5);
    const { length } = seen.numbers;
    await until("frames come again", () => seen.numbers.length > length + 5);
    expect(performance.now() - brokenMs).toBeLessThan(5000);
    expect(seen.numbers).not.toContain(null);
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
      expect.stringMatching(
        /^rpicam-vid has sent no whole frame for [123](\.\d)? s: if this comes again, check the camera's cable and power$/,
      ),
    ]);
  });

  test("sends bytes that belong to no frame", async () => {
    const { failures, source } = await breakDown("garbage");
    expect(failures).toEqual([]);
    expect(source.stats.broken).toBeGreaterThan(0);
  });

  test("leaves out the end of a frame", async () => {
    const { failures, source } = await breakDown("partial");
    expect(failures).toEqual([]);
    expect(source.stats.broken).toBeGreaterThan(0);
  });

  test("garbles the stream again and again while this program has no time", async () => {
    const random = randomFrom(3);
    const { started, seen, failures } = watch();
    await started;
    for (let round = 0; round < 12; round++) {
      const bytes = 1 + Math.floor(random() * 400_000);
      camera.break(random() < 0.5 ? `garbage ${bytes}` : `partial ${bytes}`);
      // Several frames pile up behind the broken one.
      const busyUntilMs = performance.now() + 400 * random();
      while (performance.now() < busyUntilMs);
      const { length } = seen.numbers;
      await until("it goes on", () => seen.numbers.length > length + 1);
    }
    expect(seen.numbers).not.toContain(null);
    expect(failures).toEqual([]);
  }, 40_000);

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
