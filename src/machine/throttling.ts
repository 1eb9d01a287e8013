import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../errors.ts";

const run = promisify(execFile);
const timeoutMs = 5000;

export interface Throttling {
  /** What slows the processor down, or endangers the card, at this moment. */
  readonly now: readonly string[];
  /** What did since the start of the system. */
  readonly before: readonly string[];
}

/** Bits of `vcgencmd get_throttled`; the same 16 higher say that it has happened. */
const reasons = ["under-voltage", "frequency capped", "throttled", "soft temperature limit"];
const beforeShift = 16;

/**
 * Asks a Pi's firmware.
 * @returns null where there is no `vcgencmd`: this is no Raspberry Pi
 * @throws Error when it does not answer as it should
 */
export async function readThrottling(): Promise<Throttling | null> {
  const answer = await run("vcgencmd", ["get_throttled"], { timeout: timeoutMs }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`vcgencmd get_throttled: ${messageOf(error).split("\n").at(-1)}`, { cause: error });
  });
  if (answer === null) return null;
  const [, hex] = /^throttled=0x([0-9a-f]+)\s*$/i.exec(answer.stdout) ?? [];
  if (hex === undefined) throw new Error(`vcgencmd get_throttled answers "${answer.stdout.trim()}"`);
  const bits = Number.parseInt(hex, 16);
  const set = (shift: number) => reasons.filter((_, bit) => (bits >> (shift + bit)) & 1);
  return { now: set(0), before: set(beforeShift) };
}
