import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Of what a tool says, enough to explain its end. */
const keptLength = 500;
const startTimeoutMs = 10_000;

/** A gpiod tool that holds a line for as long as it runs. */
export class GpiodTool {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  #said = "";
  #ended: string | null = null;

  /** @param onText what it prints, in pieces; `onEnd` is called once, with why, however it ends */
  constructor(
    name: "gpioset" | "gpiomon",
    args: string[],
    onText: (text: string) => void,
    onEnd: (why: string) => void,
  ) {
    this.#name = name;
    this.#child = spawn(name, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout.setEncoding("utf8").on("data", onText);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-keptLength);
    });
    // It may end between our look and our write; its end is what is told.
    this.#child.stdin.on("error", () => {});
    this.#child.once("error", (error) => {
      this.#ended ??= error.message;
      onEnd(this.#ended);
    });
    this.#child.once("close", (code, signal) => {
      this.#ended ??= this.#said.trim().split("\n").at(-1) || `${name} has ended (${signal ?? code})`;
      onEnd(this.#ended);
    });
  }

  /** Why it has ended; null while it runs. */
  get ended(): string | null {
    return this.#ended;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Writes a line to it. @throws Error when it has ended */
  tell(line: string): void {
    if (this.#ended !== null) throw new Error(this.#ended);
    this.#child.stdin.write(`${line}\n`);
  }

  /** Rejects when `ready` does not come true before it ends, or in time. */
  async until(ready: Promise<void>, ended: Promise<string>): Promise<void> {
    const timer = { stop: () => {} };
    const late = new Promise<string>((resolve) => {
      const timeout = setTimeout(() => resolve(`${this.#name} does not answer`), startTimeoutMs);
      timer.stop = () => clearTimeout(timeout);
    });
    const why = await Promise.race([ready, ended, late]);
    timer.stop();
    if (typeof why !== "string") return;
    this.kill();
    throw new Error(why);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
