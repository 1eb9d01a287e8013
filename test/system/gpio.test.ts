import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./gpio-in-sysfs.sh", import.meta.url));
const child = fileURLToPath(new URL("./gpio-child.ts", import.meta.url));
/** Runs TypeScript on every Node that we support; part of vitest 3. */
const viteNode = fileURLToPath(new URL("../../node_modules/vite-node/vite-node.mjs", import.meta.url));

interface Outcome {
  error: string | null;
  log: string[];
  kinds: string[];
  descriptions: string[];
  /** The pin's files, by the step after which they were read. */
  steps: Record<string, { value: string; direction: string; active_low: string }>;
}

/** Runs the real onoff on a simulated sysfs in a mount namespace of its own. */
async function inSysfs(layout: Record<string, unknown>): Promise<Outcome> {
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const { stdout } = await run(
    "unshare",
    ["--mount", ...user, "sh", script, process.execPath, viteNode, child],
    {
      env: { ...process.env, LAYOUT: JSON.stringify(layout) },
    },
  );
  return JSON.parse(stdout) as Outcome;
}

beforeAll(async () => {
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  await run("unshare", ["--mount", ...user, "true"]).catch((error: Error) => {
    throw new Error(
      `the GPIO tests need a mount namespace, which this machine does not permit (${error.message.trim()}); run them as root or allow unprivileged user namespaces`,
    );
  });
});

const pinctrl = { chip: { name: "gpiochip512", label: "pinctrl-bcm2835", base: 512, ngpio: 54 } };

describe("on a Pi's sysfs", () => {
  test("GPIO 17 is exported above the chip's base, off at the start, switched, and left off and driven", async () => {
    const { error, kinds, descriptions, steps } = await inSysfs({
      ...pinctrl,
      pin: 529,
      outputs: [{ gpio: 17, activeLow: false }],
    });
    expect(error).toBeNull();
    expect(kinds).toEqual(["gpio"]);
    expect(descriptions).toEqual(["GPIO 17"]);
    expect(steps).toEqual({
      opened: { value: "0", direction: "low", active_low: "0" },
      on: { value: "1", direction: "low", active_low: "0" },
      off: { value: "0", direction: "low", active_low: "0" },
      stopped: { value: "0", direction: "low", active_low: "0" },
    });
  });

  test("the old base of 0 works as well", async () => {
    const { error, kinds } = await inSysfs({
      chip: { name: "gpiochip0", label: "pinctrl-bcm2835", base: 0, ngpio: 54 },
      pin: 17,
      outputs: [{ gpio: 17, activeLow: false }],
    });
    expect(error).toBeNull();
    expect(kinds).toEqual(["gpio"]);
  });

  test("an active-low pin starts high, so that its relay never clicks on", async () => {
    const { error, descriptions, steps } = await inSysfs({
      ...pinctrl,
      pin: 529,
      outputs: [{ gpio: 17, activeLow: true }],
    });
    expect(error).toBeNull();
    expect(descriptions).toEqual(["GPIO 17 (active low)"]);
    expect(steps.opened).toEqual({ value: "0", direction: "high", active_low: "1" });
    expect(steps.on).toEqual({ value: "1", direction: "high", active_low: "1" });
  });

  test("a pin that the chip does not have is an error that names the pins it has", async () => {
    const { error } = await inSysfs({ ...pinctrl, pin: 529, outputs: [{ gpio: 60, activeLow: false }] });
    expect(error).toBe(
      "XC_GPIO: GPIO 60 does not exist: pinctrl-bcm2835 has pins 0 to 53; choose one of them in outputs[].gpio",
    );
  });

  test("a pin that can't be exported is an error, not a simulation", async () => {
    const { error, kinds } = await inSysfs({
      ...pinctrl,
      pin: 529,
      outputs: [{ gpio: 4, activeLow: false }],
    });
    expect(error).toMatch(/^XC_GPIO: GPIO 4 \(outputs\[\]\.gpio\) can't be used: .*; choose another pin$/);
    expect(kinds).toEqual([]);
  });

  test("without permission the error says which group helps", async () => {
    const { error } = await inSysfs({
      ...pinctrl,
      exportMode: 0o444,
      outputs: [{ gpio: 4, activeLow: false }],
    });
    expect(error).toBe(
      'XC_GPIO: GPIO 4 (outputs[].gpio) can\'t be used: no permission to write /sys/class/gpio; add the user to the group "gpio" (sudo usermod -aG gpio $USER) and log in again',
    );
  });

  test("when one pin fails, those opened before it are left off", async () => {
    const { error, steps } = await inSysfs({
      ...pinctrl,
      pin: 529,
      outputs: [
        { gpio: 17, activeLow: false },
        { gpio: 4, activeLow: false },
      ],
    });
    expect(error).toMatch(/GPIO 4/);
    expect(steps.failed?.value).toBe("0");
  });
});

describe("while the bundled demo plays", () => {
  test("a pin that is there is left alone, and log and status say so", async () => {
    const { kinds, log, steps } = await inSysfs({
      ...pinctrl,
      pin: 529,
      isDemo: true,
      outputs: [{ gpio: 17, activeLow: false }],
    });
    expect(kinds).toEqual(["simulated"]);
    expect(log[0]).toBe("output GPIO 17, simulated: the bundled demo switches no pins");
    expect(steps.on).toEqual({ value: "1", direction: "in", active_low: "0" });
  });
});

describe("elsewhere", () => {
  test("a machine without GPIO simulates the output and says so", async () => {
    const { error, kinds, log } = await inSysfs({ outputs: [{ gpio: 17, activeLow: false }] });
    expect(error).toBeNull();
    expect(kinds).toEqual(["simulated"]);
    expect(log.slice(0, 3)).toEqual([
      "output GPIO 17, simulated: no Raspberry Pi GPIO on this machine",
      "output on: GPIO 17, simulated: no Raspberry Pi GPIO on this machine",
      "output off: GPIO 17, simulated: no Raspberry Pi GPIO on this machine",
    ]);
  });

  test("the GPIO chip of a PC is not taken for a Pi's header", async () => {
    const { kinds } = await inSysfs({
      chip: { name: "gpiochip512", label: "INT34C5:00", base: 512, ngpio: 463 },
      outputs: [{ gpio: 17, activeLow: false }],
    });
    expect(kinds).toEqual(["simulated"]);
  });
});
