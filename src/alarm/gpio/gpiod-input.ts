import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GpiodTool } from "./gpiod-tool.ts";
import type { InputListener, InputPin, InputSettings } from "./pins.ts";

const run = promisify(execFile);
const timeoutMs = 10_000;

/** An input watched by `gpiomon`, which prints a line at each edge. */
export class GpiodInput implements InputPin {
  readonly initial: boolean;
  readonly #tool: GpiodTool;
  #closed = false;
  #text = "";
  #onReady = () => {};
  #onEnded: (why: string) => void;

  private constructor(initial: boolean, args: string[], pin: number, listener: InputListener) {
    this.initial = initial;
    this.#onEnded = () => {};
    this.#tool = new GpiodTool(
      "gpiomon",
      ["--banner", "--edges", "both", "--format", "%e", ...args, `${pin}`],
      (text) => this.#take(text, listener),
      (why) => {
        this.#onEnded(why);
        if (!this.#closed) listener.onFailure(new Error(why));
      },
    );
  }

  /** Takes the pin. @throws Error with what the tools say */
  static async open(settings: InputSettings, chip: string, listener: InputListener): Promise<GpiodInput> {
    const { gpio, activeLow } = settings;
    const args = ["--chip", chip, ...(activeLow ? ["--active-low"] : [])];
    // Before gpiomon: it holds the pin, and tells only of changes.
    const { stdout } = await run("gpioget", ["--numeric", ...args, `${gpio}`], { timeout: timeoutMs });
    let isOpen = false;
    const input = new GpiodInput(stdout.trim() === "1", args, gpio, {
      onLevel: (active) => listener.onLevel(active),
      onFailure: (error) => {
        if (isOpen) listener.onFailure(error);
      },
    });
    const ready = new Promise<void>((resolve) => {
      input.#onReady = resolve;
    });
    const ended = new Promise<string>((resolve) => {
      input.#onEnded = resolve;
    });
    await input.#tool.until(ready, ended);
    isOpen = true;
    return input;
  }

  close(): void {
    this.#closed = true;
    this.#tool.kill();
  }

  #take(text: string, listener: InputListener): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) {
      // A rising edge is 1, a falling one 2, both as --active-low sees them.
      if (line === "1" || line === "2") listener.onLevel(line === "1");
      else this.#onReady();
    }
  }
}
