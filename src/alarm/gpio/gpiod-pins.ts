import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { XnorcamError } from "../../errors.ts";
import { onPath } from "../../on-path.ts";
import type { OutputSettings } from "../output.ts";
import { type GpioChip, headerLabel } from "./chip.ts";
import { GpiodInput } from "./gpiod-input.ts";
import { GpiodOutput } from "./gpiod-output.ts";
import type { InputListener, InputPin, InputSettings, OutputPin, Pins } from "./pins.ts";
import { noPermission, type PinList, pinInUse, refuseMissingPin, unusablePin } from "./unusable.ts";

const run = promisify(execFile);
const timeoutMs = 10_000;

/** The chip of the header as the character device has it, where lines count from 0. */
export interface GpiodChip extends Omit<GpioChip, "base"> {
  /** "gpiochip0" */
  readonly name: string;
}

/**
 * The pins of the header through the tools of libgpiod 2 (`gpioset`, `gpiomon`), which use `/dev/gpiochip*`: for
 * kernels without `/sys/class/gpio`. A process holds each pin.
 */
export class GpiodPins implements Pins {
  readonly description: string;
  readonly #chip: GpiodChip;

  constructor(chip: GpiodChip) {
    this.description = `${chip.label} as /dev/${chip.name}`;
    this.#chip = chip;
  }

  async openOutput(settings: OutputSettings): Promise<OutputPin> {
    refuseMissingPin("outputs", settings.gpio, this.#chip);
    try {
      return await GpiodOutput.open(settings, this.#chip.name);
    } catch (error) {
      throw whyNot("outputs", settings.gpio, error);
    }
  }

  async openInput(settings: InputSettings, listener: InputListener): Promise<InputPin> {
    refuseMissingPin("inputs", settings.gpio, this.#chip);
    try {
      return await GpiodInput.open(settings, this.#chip.name, listener);
    } catch (error) {
      throw whyNot("inputs", settings.gpio, error);
    }
  }
}

/**
 * Finds the chip of the Pi's header with `gpiodetect`.
 * @returns null where the tools are missing or show no such chip
 * @throws XnorcamError XC_GPIO where the tools are those of libgpiod 1, which can't hold a pin
 */
export async function findGpiodChip(): Promise<GpiodChip | null> {
  const program = onPath("gpiodetect");
  if (program === undefined) return null;
  const list = await run(program, [], { timeout: timeoutMs }).catch(() => null);
  // "gpiochip0 [pinctrl-bcm2835] (54 lines)"
  for (const [, name = "", label = "", pins] of list?.stdout.matchAll(/^(\S+) \[(.*)\] \((\d+) lines\)/gm) ??
    []) {
    if (!headerLabel.test(label)) continue;
    await refuseOldTools(program);
    return { name, label, pins: Number(pins) };
  }
  return null;
}

async function refuseOldTools(program: string): Promise<void> {
  const { stdout } = await run(program, ["--version"], { timeout: timeoutMs });
  const [, version = "", major] = /v((\d+)\.[\d.]+)/.exec(stdout) ?? [];
  if (Number(major) >= 2) return;
  throw new XnorcamError(
    "XC_GPIO",
    `the gpiod tools are of version ${version || "unknown"}, and a kernel without /sys/class/gpio needs 2.0 or later: update the system, or use Raspberry Pi OS's kernel`,
  );
}

function whyNot(list: PinList, pin: number, error: unknown): XnorcamError {
  const said = error instanceof Error ? error.message : String(error);
  if (/permission denied/i.test(said)) return noPermission(list, pin, "/dev/gpiochip*", error);
  if (/resource busy/i.test(said)) return pinInUse(list, pin, error);
  return unusablePin(list, pin, error);
}
