import { XnorcamError } from "../../errors.ts";
import type { OutputSettings } from "../output.ts";
import { GpiodTool } from "./gpiod-tool.ts";
import type { OutputPin } from "./pins.ts";

/** An output held by `gpioset --interactive`, which takes levels line by line. */
export class GpiodOutput implements OutputPin {
  readonly kind = "gpio";
  readonly description: string;
  readonly offLine: string;
  readonly #name: string;
  readonly #pin: number;
  readonly #args: readonly string[];
  #tool: GpiodTool;
  #ready = () => {};
  #toolEnded: (why: string) => void = () => {};
  #on = false;
  #stopped = false;

  private constructor(settings: OutputSettings, chip: string) {
    const { gpio, activeLow } = settings;
    this.#name = `GPIO ${gpio}`;
    this.description = activeLow ? `${this.#name} (active low)` : this.#name;
    this.#pin = gpio;
    this.#args = ["--interactive", "--unquoted", "--chip", chip, ...(activeLow ? ["--active-low"] : [])];
    this.offLine = `gpiod ${chip} ${gpio} ${activeLow ? 1 : 0}`;
    this.#tool = this.#start(false);
  }

  /** Takes the pin and leaves it off. @throws Error with what gpioset says */
  static async open(settings: OutputSettings, chip: string): Promise<GpiodOutput> {
    const output = new GpiodOutput(settings, chip);
    const ready = new Promise<void>((resolve) => {
      output.#ready = resolve;
    });
    const ended = new Promise<string>((resolve) => {
      output.#toolEnded = resolve;
    });
    await output.#tool.until(ready, ended);
    return output;
  }

  get on(): boolean {
    return this.#on;
  }

  set(on: boolean): void {
    const { ended } = this.#tool;
    if (ended !== null) {
      // It takes the level with its start, and the next try finds whether it could.
      this.#tool = this.#start(on);
      throw new XnorcamError(
        "XC_GPIO",
        `${this.#name} could not be switched ${on ? "on" : "off"}: ${ended}; gpioset is started again`,
      );
    }
    this.#tool.tell(`set ${this.#pin}=${on ? 1 : 0}`);
    this.#on = on;
  }

  /** Off, and the pin is given back: the kernel of a Pi lets it keep its level. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#on = false;
    if (this.#tool.ended !== null) return;
    this.#tool.tell(`set ${this.#pin}=0`);
    this.#tool.tell("exit");
  }

  #start(on: boolean): GpiodTool {
    const args = [...this.#args, `${this.#pin}=${on ? 1 : 0}`];
    // It prints its prompt when it has the pin.
    return new GpiodTool(
      "gpioset",
      args,
      (text) => {
        if (text.includes("gpioset>")) this.#ready();
      },
      (why) => this.#toolEnded(why),
    );
  }
}
