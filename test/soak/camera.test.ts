import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RpicamSource } from "../../src/camera/rpicam.ts";
import { randomFrom } from "../../src/random.ts";
import { patternNumber } from "../helpers/pattern-number.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { type Fault, StandinCamera } from "../helpers/standin-camera.ts";
import { until } from "../helpers/until.ts";

const minutes = 10;
const faults = 50;
const recoverMs = 5000;
/** Long enough to tell how late it was. */
const giveUpMs = 30_000;
/** After a fault, so many frames may still be under way. */
const underWay = 2;
const warmUpMs = 60_000;
const memoryBytes = 5e6;
const kinds = ["kill", "stall", "partial", "garbage"] as const;

const settings = {
  width: 640,
  height: 480,
  fps: 15,
  rotation: 0,
  hflip: false,
  vflip: false,
  exposure: "normal",
  awb: "auto",
  roi: null,
} as const;

let folder: string;
/** One for the frames that are checked here, one for the program. */
let cameras: StandinCamera[];
let source: RpicamSource | undefined;
let program: RunningProgram | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  cameras = [new StandinCamera(), new StandinCamera()];
});
afterEach(async () => {
  await source?.stop();
  await program?.stop();
  for (const camera of cameras) camera.remove();
  rmSync(folder, { recursive: true });
});

test(`${minutes} minutes with ${faults} faults: no torn frame, all recovered within 5 s, memory flat, alarm on`, async () => {
  const [checked, watched] = cameras as [StandinCamera, StandinCamera];
  let whole = 0;
  let torn = 0;
  source = new RpicamSource(checked.program, settings, { warn: () => {}, onFailure: () => {} });
  await source.start((frame) => {
    if (patternNumber(frame) === null) torn++;
    else whole++;
  });

  const file = join(folder, "camera.toml");
  writeFileSync(
    file,
    `[camera]
     source = "rpicam"
     fps = 15
     [server]
     port = 0
     [model]
     threshold = 0.0001
     [alarm]
     classes = ["person"]
     k = 1
     n = 1
     holdSeconds = 60`,
  );
  const running = await RunningProgram.start(["--config", file, "--data-dir", join(folder, "data")], {
    PATH: `${watched.folder}:${process.env.PATH}`,
  });
  program = running;
  await until("the alarm is on", async () => (await running.status()).alarm.active, 30_000);

  const startMs = performance.now();
  const rss: { ms: number; bytes: number }[] = [];
  const sampling = setInterval(async () => {
    const bytes = (await running.status().catch(() => null))?.rssBytes;
    if (bytes !== undefined) rss.push({ ms: performance.now() - startMs, bytes });
  }, 1000);

  const random = randomFrom(11);
  const count: Record<string, number> = {};
  const slowestMs: Record<string, number> = {};
  try {
    for (let fault = 0; fault < faults; fault++) {
      // Spread over the whole time, at random moments.
      const dueMs = ((fault + 0.2 + 0.6 * random()) * minutes * 60_000) / faults;
      await sleep(Math.max(0, startMs + dueMs - performance.now()));
      const kind = kinds[Math.floor(random() * kinds.length)]!;
      const bytes = 1 + Math.floor(random() * 460_799);
      const before = (await running.status()).camera;
      const wholeBefore = whole;
      for (const camera of cameras) cause(camera, kind, bytes);
      const brokenMs = performance.now();
      await Promise.all([
        until(
          `whole frames come again after fault ${fault}, ${kind}`,
          () => whole > wholeBefore + underWay,
          giveUpMs,
        ),
        until(
          `the program gets frames again after fault ${fault}, ${kind}`,
          async () => (await running.status()).camera.delivered > before.delivered + underWay,
          giveUpMs,
        ),
      ]);
      count[kind] = (count[kind] ?? 0) + 1;
      slowestMs[kind] = Math.max(slowestMs[kind] ?? 0, performance.now() - brokenMs);
      expect((await running.status()).alarm.active).toBe(true);
    }
    await sleep(Math.max(0, startMs + minutes * 60_000 - performance.now()));
  } finally {
    clearInterval(sampling);
  }

  const median = (from: number, to: number) => {
    const bytes = rss.filter(({ ms }) => ms >= from && ms < to).map((sample) => sample.bytes);
    return bytes.sort((a, b) => a - b)[bytes.length >> 1]!;
  };
  const endMs = performance.now() - startMs;
  const [early, late] = [median(warmUpMs, 2 * warmUpMs), median(endMs - warmUpMs, endMs)];
  console.log(
    `${minutes} min at ${settings.fps} fps: ${whole} whole frames, ${torn} torn; faults ${JSON.stringify(count)}, slowest recovery in ms ${JSON.stringify(slowestMs, (_, value) => (typeof value === "number" ? Math.round(value) : value))}; program's memory ${(early / 1e6).toFixed(1)} → ${(late / 1e6).toFixed(1)} MB`,
  );
  expect(torn).toBe(0);
  expect(Math.max(...Object.values(slowestMs))).toBeLessThanOrEqual(recoverMs);
  expect(Math.abs(late - early)).toBeLessThanOrEqual(memoryBytes);
});

function cause(camera: StandinCamera, kind: (typeof kinds)[number], bytes: number): void {
  if (kind === "kill") {
    for (const id of camera.processes()) process.kill(id, "SIGKILL");
    return;
  }
  const fault: Fault = kind === "stall" ? "stall" : `${kind} ${bytes}`;
  camera.break(fault);
}
