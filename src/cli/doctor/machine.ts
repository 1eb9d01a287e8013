import { accessSync, constants } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { findGpioChip, gpioRoot } from "../../alarm/gpio-chip.ts";
import { findRpicam } from "../../camera/rpicam-program.ts";
import { onPath } from "../../on-path.ts";
import { type CheckResult, failed, inWords, ok, warning } from "./check.ts";

/** What `run` needs at most, with room for the system to breathe. */
const enoughMemoryBytes = 150e6;

export function checkNode(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const found = `Node ${process.version} on ${process.platform} ${process.arch}`;
  if (major > 20 || (major === 20 && minor >= 19)) return ok("node", found);
  return failed("node", `${found}, at least 20.19 is needed`, "Install Node 20.19, 22 or 24 (ARMv6: 22)");
}

export function checkMemory(): CheckResult {
  const free = process.availableMemory();
  const found = `${inWords(free)} of ${inWords(totalmem())} free, ${availableParallelism()} core(s)`;
  if (free >= enoughMemoryBytes) return ok("memory", found);
  return warning(
    "memory",
    `${found}; ${inWords(enoughMemoryBytes)} should be`,
    "Stop other programs, or give this machine swap space (zram)",
  );
}

export function checkCamera(): CheckResult {
  const program = findRpicam();
  if (program !== undefined) return ok("camera", program);
  return warning(
    "camera",
    "no rpicam-vid or libcamera-vid on PATH: only replays can be watched",
    "On a Raspberry Pi: sudo apt install rpicam-apps-lite",
  );
}

export function checkFfmpeg(): CheckResult {
  const program = onPath("ffmpeg");
  if (program !== undefined) return ok("ffmpeg", program);
  return warning("ffmpeg", "no ffmpeg on PATH: videos cannot be replayed", "sudo apt install ffmpeg");
}

/** As `run` will have it: without a Pi's header the outputs are simulated, with one they must work. */
export function checkGpio(): CheckResult {
  const chip = findGpioChip();
  if (chip === null) {
    const fix =
      "Nothing, unless this is a Raspberry Pi with a relay or siren: then use Raspberry Pi OS's kernel";
    return warning("gpio", `no GPIO header in ${gpioRoot}: the outputs are simulated`, fix);
  }
  if (isAccessible(join(gpioRoot, "export"), constants.W_OK)) return ok("gpio", chip.label);
  return failed(
    "gpio",
    `${chip.label}, but no permission to write ${gpioRoot}/export`,
    'Add this user to the group "gpio" and log in again: sudo usermod -aG gpio $USER',
  );
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
