import type { Gpio } from "onoff";
import { messageOf, XnorcamError } from "../../errors.ts";
import type { OutputSettings } from "../output.ts";
import { gpioRoot } from "./chip.ts";
import type { OutputPin } from "./pins.ts";

/** An output of the Pi's header, driven through `onoff`. */
export class SysfsOutput implements OutputPin {
  readonly kind = "gpio";
  readonly description: string;
  readonly offLine: string;
  readonly #name: string;
  readonly #gpio: Gpio;
  #on = false;
  #stopped = false;

  /**
   * Takes the pin and leaves it off.
   * @param number what sysfs calls the pin
   * @throws what the file system says
   */
  constructor(settings: OutputSettings, number: number, { Gpio }: typeof import("onoff")) {
    this.#name = `GPIO ${settings.gpio}`;
    this.description = settings.activeLow ? `${this.#name} (active low)` : this.#name;
    // Setting a direction of "high" or "low" makes the pin an output with that electrical level in one
    // step, and ignores activeLow: a plain "out" would pull an active-low siren on for a moment.
    const offLevel = settings.activeLow ? "high" : "low";
    this.offLine = `sysfs ${gpioRoot}/gpio${number} ${offLevel}`;
    this.#gpio = new Gpio(number, offLevel, "none", { activeLow: settings.activeLow });
    // onoff passes over a failed change of direction on a pin that was exported before.
    if (this.#gpio.direction() === "in") throw new Error("it can't be made an output");
    this.set(false);
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
