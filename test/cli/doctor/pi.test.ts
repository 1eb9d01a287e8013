import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkCard } from "../../../src/cli/doctor/pi.ts";
import { checkClock, checkPower, checkTemperature } from "../../../src/health/checks.ts";

const path = process.env.PATH;
/** A system of its own. */
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "xnorcam-pi-"));
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(root, { recursive: true });
});

function write(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text, { mode });
}

/** A firmware that answers so. */
function firmware(script: string): void {
  write("bin/vcgencmd", `#!/bin/sh\n${script}\n`, 0o755);
  process.env.PATH = `${join(root, "bin")}:${path}`;
}

describe("temperature", () => {
  test.each([
    ["48312", "ok", "48 °C"],
    ["71000", "warning", "71 °C"],
    ["81500", "failed", "82 °C"],
  ])("%s is %s", (milli, status, message) => {
    write("sys/class/thermal/thermal_zone0/type", "acpitz\n");
    write("sys/class/thermal/thermal_zone0/temp", "99000\n");
    write("sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
    write("sys/class/thermal/thermal_zone1/temp", `${milli}\n`);
    expect(checkTemperature(root)).toMatchObject({ status, message });
  });

  test("a machine that tells none is fine", () => {
    expect(checkTemperature(root).status).toBe("ok");
  });
});

describe("power", () => {
  test.each([
    ["0x0", "ok", "never too little since the start"],
    ["0x50000", "warning", "since the start: under-voltage, throttled"],
    ["0x50005", "failed", "now: under-voltage, throttled"],
    ["0x80008", "failed", "now: soft temperature limit"],
  ])("%s is %s", async (bits, status, message) => {
    firmware(`echo throttled=${bits}`);
    expect(await checkPower()).toMatchObject({ status, message });
  });

  test("a firmware that may not be asked is told, and no vcgencmd is no problem", async () => {
    firmware('echo "VCHI initialization failed" >&2; exit 1');
    expect(await checkPower()).toMatchObject({
      status: "warning",
      fix: expect.stringContaining('group "video"'),
    });
    process.env.PATH = "";
    expect(await checkPower()).toMatchObject({ status: "ok" });
  });

  test("an answer that makes no sense is told", async () => {
    firmware('echo error=1 error_msg="Command not registered"');
    expect((await checkPower()).message).toMatch(/^vcgencmd get_throttled answers "error=1/);
  });
});

test("a clock that shows 1970 was set by nobody", async () => {
  expect(await checkClock(0)).toMatchObject({
    status: "failed",
    message: "1970-01-01T00:00:00.000Z can't be: nobody has set it",
  });
});

describe("card", () => {
  function card(writtenKb: number): void {
    write("sys/block/mmcblk0/size", "31116288\n");
    mkdirSync(join(root, "sys/block/mmcblk0/mmcblk0p2"), { recursive: true });
    write("sys/fs/ext4/mmcblk0p2/lifetime_write_kbytes", `${writtenKb}\n`);
  }

  test("a new one is fine, one that was written hundreds of times over is to be replaced", () => {
    card(31_116_288);
    expect(checkCard(root)).toMatchObject({
      status: "ok",
      message: "mmcblk0 of 16 GB, written 2.0 times over",
    });
    card(31_116_288 * 200);
    expect(checkCard(root)).toMatchObject({ status: "warning", fix: expect.stringContaining("new card") });
  });

  test("swapping out to it is told", () => {
    card(1_000_000);
    write("proc/swaps", "Filename Type Size Used Priority\n/var/swap file 102396 0 -2\n");
    expect(checkCard(root).message).toContain("memory is swapped out to it");
  });

  test("a machine without one is fine", () => {
    expect(checkCard(root)).toMatchObject({ status: "ok", message: "no SD card in this machine" });
  });
});
