import type { Gpio } from "onoff";
import { messageOf, XnorcamError } from "../errors.ts";
import { type GpioChip, gpioRoot } from "./gpio-chip.ts";
import type { AlarmOutput, OutputSettings } from "./output.ts";

/** A pin of the Pi's header, driven through `onoff`. */
export class GpioOutput implements AlarmOutput {
  readonly kind = "gpio";
  readonly description: string;
  readonly #name: string;
  readonly #gpio: Gpio;
  #on = false;
  #stopped = false;

  private constructor(settings: OutputSettings, gpio: Gpio) {
    this.#name = `GPIO ${settings.gpio}`;
    this.description = settings.activeLow ? `${this.#name} (active low)` : this.#name;
    this.#gpio = gpio;
  }

  /**
   * Takes the pin and leaves it off.
   * @throws XnorcamError XC_GPIO that says why the pin can't be used and what to do.
   */
  static async open(settings: OutputSettings, chip: GpioChip): Promise<GpioOutput> {
    if (settings.gpio >= chip.pins) {
      throw new XnorcamError(
        "XC_GPIO",
        `GPIO ${settings.gpio} does not exist: ${chip.label} has pins 0 to ${chip.pins - 1}; choose one of them in outputs[].gpio`,
      );
    }
    // Loaded only where there are pins: the native part of onoff need not work on other machines.
    const { Gpio } = await import("onoff").catch((error: unknown) => {
      throw new XnorcamError(
        "XC_GPIO",
        `GPIO ${settings.gpio} can't be used because the package onoff does not load (${firstLine(error)}); run "npm rebuild epoll"`,
        { cause: error },
      );
    });
    try {
      // Setting a direction of "high" or "low" makes the pin an output with that electrical level in one
      // step, and ignores activeLow: a plain "out" would pull an active-low siren on for a moment.
      const offLevel = settings.activeLow ? "high" : "low";
      const gpio = new Gpio(chip.base + settings.gpio, offLevel, "none", {
        activeLow: settings.activeLow,
      });
      const output = new GpioOutput(settings, gpio);
      // onoff passes over a failed change of direction on a pin that was exported before.
      if (gpio.direction() === "in") throw new Error("it can't be made an output");
      output.set(false);
      return output;
    } catch (error) {
      throw unusable(settings.gpio, error);
    }
  }

  get on(): boolean {
    return this.#on;
  }

  set(on: boolean): void {
    try {
      this.#gpio.writeSync(on ? 1 : 0);
    } catch (error) {
      throw new XnorcamError(
        "XC_GPIO",
        `${this.#name} could not be switched ${on ? "on" : "off"}: ${messageOf(error)}`,
        { cause: error },
      );
    }
    this.#on = on;
  }

  /**
   * Off, but still exported and driven. Giving the pin back would make it an input, and pins 0 to 8 have
   * pull-ups that would switch an active-high siren on.
   */
  stop(): void {
    if (this.#stopped) return;
    this.set(false);
    // Only now: were it to fail, the next call tries again.
    this.#stopped = true;
  }
}

function unusable(pin: number, error: unknown): XnorcamError {
  const because = `GPIO ${pin} (outputs[].gpio) can't be used`;
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return new XnorcamError(
        "XC_GPIO",
        `${because}: no permission to write ${gpioRoot}; add the user to the group "gpio" (sudo usermod -aG gpio $USER) and log in again`,
        { cause: error },
      );
    case "EBUSY":
      return new XnorcamError(
        "XC_GPIO",
        `${because}: another program or driver holds it; choose another pin, or remove its dtoverlay line from config.txt`,
        { cause: error },
      );
    default:
      return new XnorcamError("XC_GPIO", `${because}: ${firstLine(error)}; choose another pin`, {
        cause: error,
      });
  }
}

/** The message of a failed `require` goes on for many lines. */
function firstLine(error: unknown): string {
  return messageOf(error).split("\n", 1)[0]!;
}
