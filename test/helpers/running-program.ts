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

/** Of pino. */
const warning = 40;

/** `xnorcam run` in a process of its own. */
export class RunningProgram implements SignedIn {
  /** Of whoever made it, as an admin; of nobody before it is signed in. */
  cookie = "";
  readonly #child: ChildProcess;
  #printed = "";
  readonly #logged: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout!.on("data", (data: Buffer) => {
      this.#printed += data.toString();
    });
    child.stderr!.on("data", (data: Buffer) => this.#logged.push(data.toString()));
  }

  /**
   * Starts it as `launch` does, and signs in.
   * @param args among them `--data-dir`
   */
  static async start(
    ...[args, env, within]: Parameters<typeof RunningProgram.launch>
  ): Promise<RunningProgram> {
    const running = await RunningProgram.launch(args, env, within);
    const dataDir = args[args.indexOf("--data-dir") + 1]!;
    ({ cookie: running.cookie } = await signIn(running.url, dataDir));
    return running;
  }

  /**
   * Starts it with these arguments after `run` and waits for its address; nobody is signed in.
   * @param within says how to start a command somewhere else
   */
  static async launch(
    args: string[],
    env: Record<string, string> = {},
    within: (command: string, args: string[]) => [string, string[]] = (...command) => command,
  ): Promise<RunningProgram> {
    const [command, commandArgs] = within(process.execPath, [program, "run", ...args]);
    const child = spawn(command, commandArgs, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...leanMemory, ...process.env, ...env },
    });
    const running = new RunningProgram(child);
    await until(
      "xnorcam run printed its address",
      () => {
        if (child.exitCode !== null) throw new Error(`xnorcam run ended: ${running.#logged.join("")}`);
        return /Open https?:\S+/.test(running.#printed);
      },
      30_000,
    );
    return running;
  }

  /** As it was printed. */
  get url(): string {
    return /Open (https?:\S+)/.exec(this.#printed)![1]!;
  }

  /** With which the first user signs in, as it was printed; null where there are users. */
  get setupCode(): string | null {
    return /setup code (\S+)/.exec(this.#printed)?.[1] ?? null;
  }

  /** The messages of the log so far. */
  get log(): string[] {
    return this.#lines.map(({ msg }) => msg);
  }

  /** Those of them that are warnings or worse. */
  get warnings(): string[] {
    return this.#lines.filter(({ level }) => level >= warning).map(({ msg }) => msg);
  }

  get #lines(): { level: number; msg: string }[] {
    const lines = this.#logged.join("").split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as { level: number; msg: string });
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
