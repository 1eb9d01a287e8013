import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { randomFrom } from "../../src/random.ts";
import { writeAlarmPictures } from "../helpers/alarm-pictures.ts";
import { canSimulateGpio, GpioMachine } from "../helpers/gpio-machine.ts";
import { picturesRoot } from "../helpers/live-server.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { StandinCamera } from "../helpers/standin-camera.ts";
import { until } from "../helpers/until.ts";

const kills = 100;
const alarms = 100;
const fps = 5;
/** Frames from one alarm to the next: it must have ended meanwhile. */
const framesPerAlarm = 10;
/** The detector may pass over a frame; it must not miss the weapon. */
const framesShown = 3;

let folder: string;
let machine: GpioMachine;
let camera: StandinCamera | undefined;
let program: RunningProgram | undefined;

beforeEach(async () => {
  if (!canSimulateGpio()) throw new Error("without simulated pins there is nothing to soak");
  folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  machine = await GpioMachine.start();
});
afterEach(async () => {
  await program?.stop();
  camera?.remove();
  await machine.stop();
  rmSync(folder, { recursive: true });
});

async function start(settings: string, args: string[], env: Record<string, string>): Promise<RunningProgram> {
  const file = join(folder, "camera.toml");
  writeFileSync(file, settings);
  const all = ["--config", file, "--data-dir", join(folder, "data"), "--port", "0", ...args];
  program = await RunningProgram.start(all, env, (...command) => machine.within(...command));
  return program;
}

test(`killed ${kills} times at a random moment with the alarm on, the outputs are off within 2 s`, async () => {
  const random = randomFrom(7);
  const settings = `
    [camera]
    fps = 10
    [model]
    threshold = 0.0001
    [alarm]
    classes = ["person", "rifle"]
    k = 1
    n = 1
    [[outputs]]
    gpio = 17
    [[outputs]]
    gpio = 27
    activeLow = true
    pattern = "pulse"`;
  const offMs: number[] = [];
  for (let round = 0; round < kills; round++) {
    const running = await start(settings, ["--replay", picturesRoot], {});
    await until("the siren is on", () => machine.level(17) === 1);
    await sleep(1000 * random());
    await running.kill();
    const killedMs = performance.now();
    await until("both are off", () => machine.level(17) === 0 && machine.level(27) === 1, 2000);
    offMs.push(performance.now() - killedMs);
    // The guard must have been the last to write: nobody switches on again.
    await sleep(50);
    expect([machine.level(17), machine.level(27)]).toEqual([0, 1]);
    program = undefined;
  }
  console.log(`${kills} kills: outputs off after at most ${Math.round(Math.max(...offMs))} ms`);
});

test("from the weapon at the camera's pipe to the pin it takes two periods of the detector + 50 ms at the most", async () => {
  const pictures = join(folder, "pictures");
  const trigger = await writeAlarmPictures(pictures, framesShown, framesPerAlarm - framesShown);
  camera = new StandinCamera("rpicam-vid", pictures);
  const log = join(folder, "frames");
  const running = await start(
    `
    [camera]
    source = "rpicam"
    fps = ${fps}
    [model]
    threshold = ${trigger.threshold}
    [alarm]
    classes = ["${trigger.label}"]
    k = 1
    n = 1
    holdSeconds = 0.5
    [[outputs]]
    gpio = 17`,
    [],
    { PATH: `${camera.folder}:${process.env.PATH}`, RPICAM_STANDIN_LOG: log },
  );
  const switchedOn = () => machine.changes(17).filter(({ level }) => level === 1);
  const seconds = (alarms * framesPerAlarm) / fps;
  await until(`the siren was on ${alarms} times`, () => switchedOn().length >= alarms, 2000 * seconds);
  const periodMs = 1000 / ((await running.status()).detector.fps || fps);

  const shownNs = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ") as [string, string])
    .filter(([, number]) => Number(number) % framesPerAlarm === 0)
    .map(([ns]) => BigInt(ns));
  const latenciesMs = switchedOn().map(({ ns }) => {
    const shown = shownNs.findLast((each) => each < ns);
    return Number(ns - shown!) / 1e6;
  });
  latenciesMs.sort((a, b) => a - b);
  const p99 = latenciesMs[Math.ceil(0.99 * latenciesMs.length) - 1]!;
  console.log(
    `pipe → GPIO, ${latenciesMs.length} alarms at ${fps} fps: p50 ${Math.round(latenciesMs[latenciesMs.length >> 1]!)} ms, p99 ${Math.round(p99)} ms; detector period ${Math.round(periodMs)} ms`,
  );
  expect(p99).toBeLessThan(2 * periodMs + 50);
});
