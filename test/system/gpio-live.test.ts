import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { canSimulateGpio, GpioMachine } from "../helpers/gpio-machine.ts";
import { picturesRoot } from "../helpers/live-server.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { until } from "../helpers/until.ts";

/** Sees something in every picture, so that the alarm is on at once and stays on. */
const alarmed = `
[camera]
fps = 10
[server]
port = 0
[model]
threshold = 0.0001
[alarm]
classes = ["person", "rifle"]
k = 1
n = 1
`;

let folder: string;
let machine: GpioMachine | undefined;
let program: RunningProgram | undefined;

describe.skipIf(!canSimulateGpio())("the program on a Pi's pins", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await program?.stop();
    await machine?.stop();
    program = undefined;
    machine = undefined;
  });

  async function start(
    settings: string,
    options = {},
  ): Promise<{ pins: GpioMachine; camera: RunningProgram }> {
    const pins = await GpioMachine.start(options);
    machine = pins;
    const file = join(folder, "camera.toml");
    writeFileSync(file, settings);
    const args = ["--config", file, "--data-dir", join(folder, "data"), "--replay", picturesRoot];
    program = await RunningProgram.start(args, {}, (...command) => machine!.within(...command));
    return { pins, camera: program };
  }

  const isActive = async (camera: RunningProgram) => (await camera.status()).alarm.active;
  const isArmed = async (camera: RunningProgram) => (await camera.status()).alarm.mode !== "off";

  test("patterns, a time limit and lamps are played; all pins are left off and driven at the end", async () => {
    const { pins, camera } = await start(`${alarmed}
      [[outputs]]
      gpio = 17
      maxOnSeconds = 1
      [[outputs]]
      gpio = 27
      activeLow = true
      pattern = "siren"
      [[outputs]]
      gpio = 22
      when = "armed"
      [[outputs]]
      gpio = 5
      when = "disarmed"`);
    await until("the siren has sounded three times", () => pins.changes(27).length >= 7, 15_000);
    expect(pins.level(22)).toBe(1);
    expect(pins.changes(5)).toEqual([]);

    const [on, off, ...again] = pins.changes(17);
    expect(Number(off!.ns - on!.ns) / 1e6).toBeGreaterThan(990);
    expect(Number(off!.ns - on!.ns) / 1e6).toBeLessThan(1400);
    // The alarm is still on, and would be for long.
    expect(again).toEqual([]);
    expect(await isActive(camera)).toBe(true);

    // The first change puts it at its off level, which is high.
    const [first, ...beats] = pins.changes(27);
    expect(first?.level).toBe(1);
    const lengths = beats.slice(1).map(({ ns }, index) => Number(ns - beats[index]!.ns) / 1e6);
    for (const [index, wanted] of [500, 500, 500, 500, 500].entries()) {
      expect(Math.abs(lengths[index]! - wanted)).toBeLessThan(150);
    }

    expect(await camera.stop()).toBe(0);
    expect([17, 27, 22].map((gpio) => pins.level(gpio))).toEqual([0, 1, 0]);
    for (const gpio of [17, 27, 22, 5]) expect(pins.read(gpio, "direction")).toBe("out");
  }, 40_000);

  test("buttons arm, disarm and call for help; what bounces counts once", async () => {
    const { pins, camera } = await start(`${alarmed.replace("0.0001", "1").replace("fps = 10", "fps = 2")}
      holdSeconds = 0.5
      [[outputs]]
      gpio = 17
      [[inputs]]
      gpio = 23
      role = "arm-button"
      activeLow = false
      [[inputs]]
      gpio = 24
      role = "panic-button"
      activeLow = false`);
    expect(await isArmed(camera)).toBe(true);
    const press = async (gpio: number) => {
      for (const level of [1, 0, 1, 0, 1] as const) {
        pins.wire(gpio, level);
        await sleep(2);
      }
      await sleep(100);
      for (const level of [0, 1, 0] as const) pins.wire(gpio, level);
      await sleep(100);
    };
    await press(23);
    await until("it is disarmed", async () => !(await isArmed(camera)));
    await press(23);
    await until("it is armed", async () => await isArmed(camera));
    // The log comes by a pipe of its own, so later than the state that it tells of.
    const armings = () => camera.log.filter((line) => line.includes("armed by"));
    await until("both are logged", () => armings().length >= 2);
    expect(armings()).toEqual(["disarmed by GPIO 23", "armed by GPIO 23"]);

    await press(23);
    const pressedNs = process.hrtime.bigint();
    pins.wire(24, 1);
    await until("the siren is on", () => pins.level(17) === 1);
    const [on] = pins.changes(17);
    // 30 ms of debounce, and what a busy machine adds.
    expect(Number(on!.ns - pressedNs) / 1e6).toBeLessThan(500);
    await until("why is logged", () => camera.log.includes("alarm on: panic button (GPIO 24)"));
    await until("the siren is off", () => pins.level(17) === 0);
  }, 40_000);

  test("a key switch says from the start whether it is armed, and ends an alarm", async () => {
    const { pins, camera } = await start(`${alarmed}
      [[outputs]]
      gpio = 17
      [[inputs]]
      gpio = 23
      role = "key-switch"
      activeLow = false`);
    expect(await isArmed(camera)).toBe(false);
    await sleep(500);
    expect(pins.level(17)).toBe(0);
    pins.wire(23, 1);
    await until("the siren is on", () => pins.level(17) === 1);
    pins.wire(23, 0);
    await until("the siren is off", () => pins.level(17) === 0);
    expect(await isActive(camera)).toBe(false);
    // Given back: an input that nobody reads needs no owner.
    await camera.stop();
    expect(pins.isExported(23)).toBe(false);
  }, 40_000);

  test("a pin that a driver holds, and one that is not there, are told by name", async () => {
    const settings = (gpio: number) => `${alarmed}\n[[outputs]]\ngpio = ${gpio}`;
    await expect(start(settings(4), { busy: 4 })).rejects.toThrow(
      /GPIO 4 \(outputs\[\]\.gpio\) can't be used: another program or driver holds it; choose another pin/,
    );
  }, 40_000);

  test("killed while the alarm is on, its outputs are off within 2 s", async () => {
    const { pins, camera } = await start(`${alarmed}
      [[outputs]]
      gpio = 17
      [[outputs]]
      gpio = 27
      activeLow = true`);
    await until("both are on", () => pins.level(17) === 1 && pins.level(27) === 0);
    await camera.kill();
    const killedMs = performance.now();
    await until("both are off", () => pins.level(17) === 0 && pins.level(27) === 1, 2000);
    console.log(`killed with the alarm on: outputs off after ${Math.round(performance.now() - killedMs)} ms`);
    program = undefined;
  }, 40_000);
});
