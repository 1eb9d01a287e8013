import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const script = fileURLToPath(new URL("../system/gpio-machine.sh", import.meta.url));
const source = fileURLToPath(new URL("../standin/gpiosim.c", import.meta.url));

/** Only root may mount; everybody else is root in a user namespace of his own. */
const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];

export interface LevelChange {
  /** By `process.hrtime`. */
  ns: bigint;
  gpio: number;
  /** The electrical level. */
  level: number;
}

/**
 * Whether this machine can simulate pins. Where it can't, that is said loudly, and it is an error where CI is set:
 * there the pins must be tested.
 */
export function canSimulateGpio(): boolean {
  const why = whyNot();
  if (why === null) return true;
  const line = `THE GPIO OF A PI IS NOT TESTED HERE: ${why}`;
  if (process.env.CI) throw new Error(line);
  console.error(`\n${"!".repeat(line.length)}\n${line}\n${"!".repeat(line.length)}\n`);
  return false;
}

function whyNot(): string | null {
  if (!existsSync("/dev/fuse")) return "this machine has no /dev/fuse (in a container: --device /dev/fuse)";
  try {
    execFileSync("pkg-config", ["--exists", "fuse3"]);
    execFileSync("cc", ["--version"], { stdio: "ignore" });
  } catch {
    return "it needs a C compiler and libfuse3: sudo apt install gcc pkg-config libfuse3-dev fuse3";
  }
  try {
    execFileSync("unshare", ["--mount", ...asRoot, "mount", "-t", "tmpfs", "none", "/sys/class"], {
      stdio: "pipe",
    });
    return null;
  } catch (error) {
    return `it permits no mount namespace (${(error as Error).message.trim().split("\n").at(-1)})`;
  }
}

/** A Pi's pins, simulated below /sys/class/gpio in a mount namespace where programs can be started. */
export class GpioMachine {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #base: number;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, base: number) {
    this.#process = child;
    this.#base = base;
  }

  /** @param busy BCM number of a pin that a driver holds */
  static async start({ base = 512, busy = -1 } = {}): Promise<GpioMachine> {
    const simulation = build();
    const args = [simulation, `${base}`, "54", "pinctrl-bcm2835", `${busy}`];
    const child = spawn("unshare", ["--mount", ...asRoot, "sh", script, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let isReady = false;
    child.stdout.once("data", () => {
      isReady = true;
    });
    await until("the simulated pins are there", () => isReady, 15_000);
    return new GpioMachine(child, base);
  }

  /** Program and arguments that start this command where the pins are, in this folder. */
  within(command: string, args: readonly string[]): [string, string[]] {
    const user = asRoot.length === 0 ? [] : ["--user", "--preserve-credentials"];
    const namespaces = [...user, "--mount", `--wd=${process.cwd()}`, "--target", `${this.#process.pid}`];
    return ["nsenter", [...namespaces, command, ...args]];
  }

  /** Puts a level on an input, as a button does. */
  wire(gpio: number, level: 0 | 1): void {
    writeFileSync(this.#path(".wire"), `${gpio} ${level}`);
  }

  /** What the kernel says of a pin. */
  read(gpio: number, file: "value" | "direction"): string {
    return readFileSync(this.#path(`gpio${this.#base + gpio}/${file}`), "utf8").trim();
  }

  isExported(gpio: number): boolean {
    return existsSync(this.#path(`gpio${this.#base + gpio}`));
  }

  /** Changes of levels since the start. */
  changes(gpio: number): LevelChange[] {
    return readFileSync(this.#path(".levels"), "utf8")
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" ") as [string, string, string])
      .map(([ns, pin, level]) => ({ ns: BigInt(ns), gpio: Number(pin), level: Number(level) }))
      .filter((change) => change.gpio === gpio);
  }

  /** The electrical level. */
  level(gpio: number): number {
    return this.changes(gpio).at(-1)?.level ?? 0;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin.end();
    await gone;
  }

  #path(file: string): string {
    return `/proc/${this.#process.pid}/root/sys/class/gpio/${file}`;
  }
}

/** Compiles the simulation. @returns the program */
function build(): string {
  const program = join(mkdtempSync(join(tmpdir(), "xnorcam-gpiosim-")), "gpiosim");
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "fuse3"], { encoding: "utf8" });
  execFileSync("cc", ["-O2", "-o", program, source, ...flags.trim().split(/\s+/)]);
  return program;
}
