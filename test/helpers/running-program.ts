import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CameraStatus } from "../../src/server/status.ts";
import { until } from "./until.ts";

const program = fileURLToPath(new URL("../../dist/cli/index.js", import.meta.url));

/** `xnorcam run` as a user starts it, in a process of its own. */
export class RunningProgram {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #logged: string[];

  private constructor(url: string, child: ChildProcess, logged: string[]) {
    this.url = url;
    this.#child = child;
    this.#logged = logged;
  }

  /** Starts it with these arguments after `run` and waits for its address. */
  static async start(args: string[]): Promise<RunningProgram> {
    const child = spawn(process.execPath, [program, "run", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    const logged: string[] = [];
    child.stdout.on("data", (data: Buffer) => {
      printed += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => logged.push(data.toString()));
    const address = () => /Open (http:\S+)/.exec(printed)?.[1];
    await until(
      "xnorcam run printed its address",
      () => {
        if (child.exitCode !== null) throw new Error(`xnorcam run ended: ${logged.join("")}`);
        return address() !== undefined;
      },
      30_000,
    );
    return new RunningProgram(address()!, child, logged);
  }

  /** The messages of the log so far. */
  get log(): string[] {
    const lines = this.#logged.join("").split("\n").filter(Boolean);
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  }

  async status(): Promise<CameraStatus> {
    return (await (await fetch(`${this.url}/api/v1/status`)).json()) as CameraStatus;
  }

  /** Ends it as a terminal does. Returns the exit code. */
  stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return Promise.resolve(this.#child.exitCode);
    return new Promise((resolve) => {
      this.#child.once("exit", resolve);
      this.#child.kill("SIGINT");
    });
  }
}
