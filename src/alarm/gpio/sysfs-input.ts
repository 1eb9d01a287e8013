import type { Gpio } from "onoff";
import type { InputListener, InputPin, InputSettings } from "./pins.ts";

/** An input of the Pi's header, read through `onoff`: the kernel wakes us at each edge, nothing is polled. */
export class SysfsInput implements InputPin {
  readonly initial: boolean;
  readonly #gpio: Gpio;
  #closed = false;

  /**
   * @param number what sysfs calls the pin
   * @throws what the file system says
   */
  constructor(
    settings: InputSettings,
    number: number,
    { Gpio }: typeof import("onoff"),
    listener: InputListener,
  ) {
    this.#gpio = new Gpio(number, "in", "both", { activeLow: settings.activeLow });
    // onoff passes over a failed change on a pin that was exported before.
    if (this.#gpio.direction() !== "in" || this.#gpio.edge() !== "both") {
      this.#gpio.unexport();
      throw new Error("it can't be made an input that tells of its edges");
    }
    this.initial = this.#gpio.readSync() === 1;
    this.#gpio.watch((error, value) => {
      if (this.#closed) return;
      if (error) listener.onFailure(error);
      else listener.onLevel(value === 1);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gpio.unwatchAll();
    this.#gpio.unexport();
  }
}
