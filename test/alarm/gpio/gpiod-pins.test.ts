import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findGpiodChip, GpiodPins } from "../../../src/alarm/gpio/gpiod-pins.ts";
import { OutputGuard } from "../../../src/alarm/gpio/output-guard.ts";
import { until } from "../../helpers/until.ts";

const standin = fileURLToPath(new URL("../../standin/gpiod.mjs", import.meta.url));
const tools = ["gpiodetect", "gpioget", "gpioset", "gpiomon"];

const path = process.env.PATH;
let folder: string;
let pins: GpiodPins;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-gpiod-"));
  for (const tool of tools) {
    const start = `GPIOD_STANDIN='${folder}' exec -a ${tool} '${process.execPath}' '${standin}' ${tool} "$@"`;
    writeFileSync(join(folder, tool), `#!/bin/bash\n${start}\n`, { mode: 0o755 });
  }
  process.env.PATH = `${folder}:${path}`;
  const chip = await findGpiodChip();
  pins = new GpiodPins(chip!);
});
afterEach(async () => {
  process.env.PATH = path;
  delete process.env.GPIOD_STANDIN_VERSION;
  // A tool that was told to end, or started again, writes files into the folder until it has ended.
  await until("the tools have ended", () => standins().every((id) => !kill(id)), 10_000);
  rmSync(folder, { recursive: true });
});

/** Ids of the tools that run on this folder. */
function standins(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/environ`, "utf8").includes(`GPIOD_STANDIN=${folder}`);
      } catch {
        return false;
      }
    });
}

/** @returns whether there was anything to end */
function kill(id: number): boolean {
  try {
    return process.kill(id, "SIGKILL");
  } catch {
    return false;
  }
}

function level(gpio: number): string {
  try {
    return readFileSync(join(folder, `${gpio}`), "utf8");
  } catch {
    return "nothing";
  }
}

/** As a button does. */
function wire(gpio: number, to: 0 | 1): void {
  writeFileSync(join(folder, "wire"), `${to}`);
  renameSync(join(folder, "wire"), join(folder, `${gpio}`));
}

test("an output is off when it is opened, switched, and left off when it is stopped", async () => {
  const output = await pins.openOutput({ gpio: 17, activeLow: false });
  expect(level(17)).toBe("0");
  output.set(true);
  await until("it is on", () => level(17) === "1");
  expect(output.on).toBe(true);
  output.stop();
  await until("it is off", () => level(17) === "0");
  // Given back: it can be taken again.
  await until("it is free", async () => {
    const again = await pins.openOutput({ gpio: 17, activeLow: false }).catch(() => null);
    again?.stop();
    return again !== null;
  });
}, 20_000);

test("an active-low output starts high", async () => {
  const output = await pins.openOutput({ gpio: 17, activeLow: true });
  expect(level(17)).toBe("1");
  output.set(true);
  await until("it is on", () => level(17) === "0");
  output.stop();
  await until("it is off", () => level(17) === "1");
});

test("a gpioset that dies is told, and started again with the level that was wanted", async () => {
  const output = await pins.openOutput({ gpio: 17, activeLow: false });
  process.kill(Number(readFileSync(join(folder, "17.owner"), "utf8")), "SIGKILL");
  let failure = "";
  await until("the next try fails", () => {
    try {
      output.set(true);
    } catch (error) {
      failure = (error as Error).message;
    }
    return failure !== "";
  });
  expect(failure).toBe(
    "GPIO 17 could not be switched on: gpioset has ended (SIGKILL); gpioset is started again",
  );
  await until("it is on", () => level(17) === "1");
  output.set(true);
  expect(output.on).toBe(true);
  output.stop();
});

test("an input tells its level at the start, and each edge", async () => {
  wire(23, 1);
  const levels: boolean[] = [];
  const failures: unknown[] = [];
  const input = await pins.openInput(
    { gpio: 23, activeLow: true },
    { onLevel: (active) => levels.push(active), onFailure: (error) => failures.push(error) },
  );
  expect(input.initial).toBe(false);
  wire(23, 0);
  await until("it was pressed", () => levels.length === 1);
  wire(23, 1);
  await until("it was released", () => levels.length === 2);
  expect(levels).toEqual([true, false]);
  input.close();
  expect(failures).toEqual([]);
});

test("a pin that somebody holds, and one that does not exist, are told by name", async () => {
  writeFileSync(join(folder, "17.owner"), `${process.pid}`);
  await expect(pins.openOutput({ gpio: 17, activeLow: false })).rejects.toMatchObject({
    code: "XC_GPIO",
    message: expect.stringContaining("GPIO 17 (outputs[].gpio) can't be used: another program or driver"),
  });
  await expect(pins.openOutput({ gpio: 60, activeLow: false })).rejects.toThrow(
    "GPIO 60 does not exist: pinctrl-bcm2835 has pins 0 to 53",
  );
});

test("tools of libgpiod 1 are refused with what to do", async () => {
  process.env.GPIOD_STANDIN_VERSION = "1.6.3";
  await expect(findGpiodChip()).rejects.toMatchObject({
    code: "XC_GPIO",
    message: expect.stringContaining("the gpiod tools are of version 1.6.3"),
  });
});

test("the guard switches such an output off, too", async () => {
  const output = await pins.openOutput({ gpio: 17, activeLow: false });
  output.set(true);
  await until("it is on", () => level(17) === "1");
  const guard = new OutputGuard([output.offLine], () => {});
  guard.start(undefined);
  // What the kernel does to the pipe when this program is killed.
  guard.stop();
  await until("it is off", () => level(17) === "0", 10_000);
}, 20_000);
