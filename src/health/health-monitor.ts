import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Check, CheckResult, CheckStatus } from "./check.ts";

/** Each look costs a Pi Zero some milliseconds, and what it looks at changes slowly. */
const checkMs = 60_000;
/** The wall clock and the monotonic one drift apart by less in that time. */
const jumpMs = 10_000;

/** How the machine is, not the camera: for the status and for metrics. */
export interface HealthReport {
  /** The worst of the checks. */
  status: CheckStatus;
  /** As the last round found them; none before the first. */
  checks: CheckResult[];
}

/** Looks at the machine again and again, and tells in the log what has become worse or well again. */
export class HealthMonitor {
  readonly #checks: readonly Check[];
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  readonly #log: { info(line: string): void; warn(line: string): void };
  #results: CheckResult[] = [];
  /** Wall clock less monotonic clock: changes only when somebody sets the former. */
  #offsetMs: number;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  /**
   * @param checks what to look at, one after the other
   * @param wallMs milliseconds since 1970
   */
  constructor(
    checks: readonly Check[],
    clock: Clock,
    wallMs: () => number,
    log: { info(line: string): void; warn(line: string): void },
  ) {
    this.#checks = checks;
    this.#clock = clock;
    this.#wallMs = wallMs;
    this.#log = log;
    this.#offsetMs = wallMs() - clock.now();
  }

  /** Resolves after the first round. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#isStopped) return;
    this.#cancel = this.#clock.after(checkMs, () => void this.start());
  }

  /** Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  report(): HealthReport {
    const has = (status: CheckStatus) => this.#results.some((result) => result.status === status);
    const status = has("failed") ? "failed" : has("warning") ? "warning" : "ok";
    return { status, checks: this.#results };
  }

  async #look(): Promise<void> {
    this.#watchClock();
    const results: CheckResult[] = [];
    for (const check of this.#checks) {
      if (this.#isStopped) return;
      try {
        results.push(await check());
      } catch (error) {
        // A disk that is gone, say. The other checks go on, and this one is tried again.
        this.#log.warn(`health: ${messageOf(error)}`);
      }
    }
    for (const result of results) this.#tell(result);
    this.#results = results;
  }

  #tell({ name, status, message, fix }: CheckResult): void {
    const before = this.#results.find((result) => result.name === name)?.status ?? "ok";
    if (status === before) return;
    if (status === "ok") this.#log.info(`${name} is well again: ${message}`);
    else this.#log.warn(`${name}: ${message}${fix === undefined ? "" : `; ${fix}`}`);
  }

  /** A Pi starts with the time at which it was switched off, and jumps when a time server answers. */
  #watchClock(): void {
    const offsetMs = this.#wallMs() - this.#clock.now();
    const jumpedMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(jumpedMs) < jumpMs) return;
    const seconds = Math.round(Math.abs(jumpedMs) / 1000);
    this.#log.warn(
      `the clock was set ${jumpedMs > 0 ? "forward" : "back"} by ${inWords(seconds)}; alarm and detector use another, times in the log and of events follow it`,
    );
  }
}

/** "365 days" */
function inWords(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${Math.round(seconds / 86_400)} days`;
  return seconds >= 7200 ? `${Math.round(seconds / 3600)} hours` : `${seconds} s`;
}
