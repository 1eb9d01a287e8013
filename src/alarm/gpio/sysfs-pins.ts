import { XnorcamError } from "../../errors.ts";
import type { OutputSettings } from "../output.ts";
import { type GpioChip, gpioRoot } from "./chip.ts";
import type { InputListener, InputPin, InputSettings, OutputPin, Pins } from "./pins.ts";
import { SysfsInput } from "./sysfs-input.ts";
import { SysfsOutput } from "./sysfs-output.ts";
import {
  firstLine,
  noPermission,
  type PinList,
  pinInUse,
  refuseMissingPin,
  unusablePin,
} from "./unusable.ts";

/** The pins of the header through the kernel's `/sys/class/gpio`, with the package onoff. */
export class SysfsPins implements Pins {
  readonly description: string;
  readonly #chip: GpioChip;

  constructor(chip: GpioChip) {
    this.description = `${chip.label} in ${gpioRoot}`;
    this.#chip = chip;
  }

  openOutput(settings: OutputSettings): Promise<OutputPin> {
    return this.#open("outputs", settings.gpio, (onoff, number) => new SysfsOutput(settings, number, onoff));
  }

  openInput(settings: InputSettings, listener: InputListener): Promise<InputPin> {
    return this.#open(
      "inputs",
      settings.gpio,
      (onoff, number) => new SysfsInput(settings, number, onoff, listener),
    );
  }

  async #open<Pin>(
    list: PinList,
    pin: number,
    take: (onoff: typeof import("onoff"), number: number) => Pin,
  ): Promise<Pin> {
    refuseMissingPin(list, pin, this.#chip);
    // Loaded only where there are pins: the native part of onoff need not work on other machines.
    const onoff = await import("onoff").catch((error: unknown) => {
      throw new XnorcamError(
        "XC_GPIO",
        `GPIO ${pin} can't be used because the package onoff does not load (${firstLine(error)}); run "npm rebuild epoll"`,
        { cause: error },
      );
    });
    try {
      return take(onoff, this.#chip.base + pin);
    } catch (error) {
      throw whyNot(list, pin, error);
    }
  }
}

function whyNot(list: PinList, pin: number, error: unknown): XnorcamError {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return noPermission(list, pin, gpioRoot, error);
    case "EBUSY":
      return pinInUse(list, pin, error);
    default:
      return unusablePin(list, pin, error);
  }
}
