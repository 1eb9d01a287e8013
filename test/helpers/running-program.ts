import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import type { CameraStatus } from "../../src/server/status.ts";
import { fetchAs, type SignedIn, signIn } from "./sign-in.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/cli/index.js");
/** As `npm start` and the service set it. */
const leanMemory = parseEnv(readFileSync(join(root, "systemd/memory.env"), "utf8"));

/** `xnorcam run` in a process of its own, where the one who made it is signed in as an admin. */
export class RunningProgram implements SignedIn {
  readonly url: string;
  readonly cookie: string;
  readonly #child: ChildProcess;
  readonly #logged: string[];

  private constructor({ url, cookie }: SignedIn, child: ChildProcess, logged: string[]) {
    this.url = url;
    this.cookie = cookie;
    this.#child = child;
    this.#logged = logged;
  }

  /**
   * Starts it with these arguments after `run`, waits for its address and signs in.
   * @param args among them `--data-dir`
   * @param within says how to start a command somewhere else
   */
  static async start(
    args: string[],
    env: Record<string, string> = {},
    within: (command: string, args: string[]) => [string, string[]] = (...command) => command,
  ): Promise<RunningProgram> {
    const [command, commandArgs] = within(process.execPath, [program, "run", ...args]);
    const child = spawn(command, commandArgs, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...leanMemory, ...process.env, ...env },
    });
    let printed = "";
    const logged: string[] = [];
    child.stdout.on("data", (data: Buffer) => {
      printed += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => logged.push(data.toString()));
    const address = () => /Open (https?:\S+)/.exec(printed)?.[1];
    await until(
      "xnorcam run printed its address",
      () => {
        if (child.exitCode !== null) throw new Error(`xnorcam run ended: ${logged.join("")}`);
        return address() !== undefined;
      },
      30_000,
    );
    const dataDir = args[args.indexOf("--data-dir") + 1]!;
    return new RunningProgram(await signIn(address()!, dataDir), child, logged);
  }

  /** The messages of the log so far. */
  get log(): string[] {
    const lines = this.#logged.join("").split("\n").filter(Boolean);
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  }

  async status(): Promise<CameraStatus> {
    return (await (await fetchAs(this, "/api/v1/status")).json()) as CameraStatus;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Ends it as nobody can see coming. */
  kill(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.kill("SIGKILL");
    });
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
