import { accessSync, constants, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { findGpioChip, gpioRoot } from "../../alarm/gpio/chip.ts";
import { findPins } from "../../alarm/gpio/find-pins.ts";
import { findRpicam, listCameras } from "../../camera/rpicam-program.ts";
import { findRpicamStill, takeStill } from "../../camera/still.ts";
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../errors.ts";
import { type CheckResult, capitalized, failed, inWords, ok, warning } from "../../health/check.ts";
import { onPath } from "../../on-path.ts";

export function checkNode(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const found = `Node ${process.version} on ${process.platform} ${process.arch}`;
  if (major > 20 || (major === 20 && minor >= 19)) return ok("node", found);
  return failed("node", `${found}, at least 20.19 is needed`, "Install Node 20.19, 22 or 24 (ARMv6: 22)");
}

/** As `run` will pick them: the native ones, unless something is wrong with them. */
export async function checkKernels(): Promise<CheckResult> {
  try {
    // Loaded here, so that a machine on which they cannot even be loaded is told so.
    const { chooseBackend } = await import("../../nn/backend.ts");
    const backend = chooseBackend();
    if (backend.warning === undefined) return ok("kernels", backend.kernels);
    const { problem, fix } = backend.warning;
    return warning("kernels", problem, capitalized(fix));
  } catch (error) {
    return failed("kernels", messageOf(error), "Remove XNORCAM_KERNELS from the environment");
  }
}

/** Whether a camera answers, and where the settings ask for none but the demo, whether one could. */
export async function checkCamera(source: string): Promise<CheckResult> {
  const found = source === "rpicam" ? failed : warning;
  const program = findRpicam();
  if (program === undefined) {
    return found(
      "camera",
      "no rpicam-vid or libcamera-vid on PATH: only replays can be watched",
      "On a Raspberry Pi: sudo apt install rpicam-apps-lite",
    );
  }
  try {
    const sensors = await listCameras(program, new AbortController().signal);
    return ok("camera", `${sensors.join(", ")} by ${program}`);
  } catch (error) {
    return found("camera", messageOf(error), "docs/errors.md says more, by the code of the message");
  }
}

/** Takes a picture with all pixels. The service must not use the camera meanwhile. */
export async function checkPicture(file: string, settings: Config["camera"]): Promise<CheckResult> {
  const program = findRpicamStill();
  if (program === undefined) {
    return failed(
      "picture",
      "no rpicam-still or libcamera-still on PATH",
      "sudo apt install rpicam-apps-lite",
    );
  }
  try {
    const jpeg = await takeStill(program, settings);
    writeFileSync(file, jpeg);
    return ok("picture", `${file}, ${inWords(jpeg.length)}`);
  } catch (error) {
    return failed("picture", messageOf(error), "Stop a running Xnorcam first: sudo systemctl stop xnorcam");
  }
}

export function checkFfmpeg(): CheckResult {
  const program = onPath("ffmpeg");
  if (program !== undefined) return ok("ffmpeg", program);
  return warning("ffmpeg", "no ffmpeg on PATH: videos cannot be replayed", "sudo apt install ffmpeg");
}

/** As `run` will have it: without a Pi's header the outputs are simulated, with one they must work. */
export async function checkGpio(): Promise<CheckResult> {
  try {
    const pins = await findPins();
    if (pins === null) {
      const fix =
        "Nothing, unless this is a Raspberry Pi with a relay or siren: then use Raspberry Pi OS's kernel";
      return warning("gpio", `no GPIO header in ${gpioRoot}: the outputs are simulated`, fix);
    }
    const usesSysfs = findGpioChip() !== null;
    if (!usesSysfs || isAccessible(join(gpioRoot, "export"), constants.W_OK))
      return ok("gpio", pins.description);
    return failed(
      "gpio",
      `${pins.description}, but no permission to write ${gpioRoot}/export`,
      'Add this user to the group "gpio" and log in again: sudo usermod -aG gpio $USER',
    );
  } catch (error) {
    return failed("gpio", messageOf(error), "docs/gpio.md says how the pins are reached");
  }
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
