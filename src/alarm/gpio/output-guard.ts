import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { inProject } from "../../project-folder.ts";

/** Also what systemd runs after the service has ended. */
const script = inProject("scripts/outputs-off.sh");
/** What systemd makes for the service and tells it in RUNTIME_DIRECTORY. */
const fileName = "outputs";
const restartMs = 1000;

/**
 * Switches the outputs off when this program is killed: a pin keeps its level for ever, and so would the siren.
 *
 * A small shell waits for the end of a pipe that only this program holds. The kernel closes it however the program
 * dies; then the shell switches off. Where systemd runs us it kills the shell, too, and starts the same script
 * itself, with the list that lies in the runtime folder.
 */
export class OutputGuard {
  readonly #lines: string;
  readonly #warn: (line: string) => void;
  #child: ChildProcess | null = null;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param lines of each output, see `OutputPin.offLine` */
  constructor(lines: readonly string[], warn: (line: string) => void) {
    this.#lines = lines.map((line) => `${line}\n`).join("");
    this.#warn = warn;
  }

  /** @param runtimeDir systemd's folder for the service, undefined elsewhere */
  start(runtimeDir: string | undefined): void {
    if (runtimeDir !== undefined) writeFileSync(join(runtimeDir, fileName), this.#lines);
    this.#spawn();
  }

  /** Lets the shell end; it switches off once more what is off already. Idempotent. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#restart);
    this.#child?.stdin?.end();
    this.#child = null;
  }

  #spawn(): void {
    // In a session of its own: Ctrl-C in a terminal goes to every process of ours.
    const child = spawn("/bin/sh", [script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.#child = child;
    child.stdin.on("error", () => {});
    child.stdin.write(this.#lines);
    // It must not keep this program from ending.
    child.unref();
    const onEnd = (why: string) => {
      if (this.#stopped || this.#child !== child) return;
      this.#child = null;
      this.#warn(`what switches the outputs off after a crash has ended (${why}); it is started again`);
      this.#restart = setTimeout(() => this.#spawn(), restartMs);
    };
    child.once("error", (error) => onEnd(messageOf(error)));
    child.once("exit", (code, signal) => onEnd(signal ?? `exit code ${code}`));
  }
}
