import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../errors.ts";
import { readTemperature } from "../machine/temperature.ts";
import { readThrottling } from "../machine/throttling.ts";
import { type CheckResult, failed, inWords, measuring, ok, warning } from "./check.ts";

const run = promisify(execFile);

/** The firmware slows down from here on. */
const hotC = 80;
const warmC = 70;
/** What `run` needs at most, with room for the system to breathe. */
const enoughMemoryBytes = 150e6;
const wantedSpaceBytes = 500e6;
const leastSpaceBytes = 50e6;
/** No clock that was set shows a time before this program was written. */
const writtenMs = Date.UTC(2026, 0, 1);
/** systemd-timesyncd leaves it when a time server has set the clock. */
const synchronizedFile = "run/systemd/timesync/synchronized";

/** @param root of the system */
export function checkTemperature(root?: string): CheckResult {
  const celsius = readTemperature(root);
  if (celsius === null) return ok("temperature", "this machine tells none");
  const found = `${Math.round(celsius)} °C`;
  const fix = "Let air to the board, add a heat sink, or lower camera.fps";
  const result =
    celsius < warmC
      ? ok("temperature", found)
      : (celsius < hotC ? warning : failed)("temperature", found, fix);
  return measuring(result, { celsius });
}

/** Under-voltage and throttling, as a Pi's firmware tells them. */
export async function checkPower(): Promise<CheckResult> {
  try {
    const throttling = await readThrottling();
    if (throttling === null) return ok("power", "no vcgencmd: only a Raspberry Pi tells");
    const { now, before } = throttling;
    const measured = {
      underVoltage: Number(now.includes("under-voltage")),
      throttled: Number(now.some((reason) => reason !== "under-voltage")),
      underVoltageBefore: Number(before.includes("under-voltage")),
      throttledBefore: Number(before.some((reason) => reason !== "under-voltage")),
    };
    const fix = "Take a power supply of 5.1 V and 2.5 A with a short, thick cable; for heat, a heat sink";
    if (now.length > 0) return measuring(failed("power", `now: ${now.join(", ")}`, fix), measured);
    if (before.length > 0)
      return measuring(warning("power", `since the start: ${before.join(", ")}`, fix), measured);
    return measuring(ok("power", "never too little since the start"), measured);
  } catch (error) {
    return warning("power", messageOf(error), 'Add this user to the group "video", and log in again');
  }
}

/** Events and alarms carry a time; a Pi has no clock of its own. @param root of the system */
export async function checkClock(nowMs = Date.now(), root = "/"): Promise<CheckResult> {
  const found = new Date(nowMs).toISOString();
  const fix = "Give it a network with a time server: timedatectl set-ntp true";
  if (nowMs < writtenMs)
    return measuring(failed("clock", `${found} can't be: nobody has set it`, fix), { synchronized: 0 });
  // To look for a file is cheap; timedatectl starts a service.
  if (existsSync(join(root, synchronizedFile))) return measuring(ok("clock", found), { synchronized: 1 });
  const answer = await run("timedatectl", ["show", "--property=NTPSynchronized", "--value"]).catch(
    () => null,
  );
  const said = answer?.stdout.trim();
  if (said === "no")
    return measuring(warning("clock", `${found}, set by nobody since the start`, fix), { synchronized: 0 });
  const result = ok("clock", found);
  return said === "yes" ? measuring(result, { synchronized: 1 }) : result;
}

export function checkMemory(): CheckResult {
  const freeBytes = process.availableMemory();
  const found = `${inWords(freeBytes)} of ${inWords(totalmem())} free, ${availableParallelism()} core(s)`;
  const result =
    freeBytes >= enoughMemoryBytes
      ? ok("memory", found)
      : warning(
          "memory",
          `${found}; ${inWords(enoughMemoryBytes)} should be`,
          "Stop other programs, or give this machine swap space (zram)",
        );
  return measuring(result, { freeBytes });
}

/** @param dataDir where events and settings are kept, which may not be there yet */
export async function checkSpace(dataDir: string): Promise<CheckResult> {
  const { bavail, bsize } = await statfs(nearestExisting(dataDir));
  const freeBytes = bavail * bsize;
  const found = `${inWords(freeBytes)} free for ${dataDir}`;
  const fix = "Delete what is not needed, or set dataDir to a folder on a larger disk";
  const result =
    freeBytes >= wantedSpaceBytes
      ? ok("space", found)
      : (freeBytes >= leastSpaceBytes ? warning : failed)("space", found, fix);
  return measuring(result, { freeBytes });
}

/** The folder, or the nearest above it that is there. */
export function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}
