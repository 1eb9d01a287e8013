import { existsSync, readFileSync } from "node:fs";
import { XnorcamError } from "../../errors.ts";
import { findGpioChip, gpioRoot } from "./chip.ts";
import { findGpiodChip, GpiodPins } from "./gpiod-pins.ts";
import type { Pins } from "./pins.ts";
import { SysfsPins } from "./sysfs-pins.ts";

/** What the firmware calls the board: "Raspberry Pi Zero W Rev 1.1". */
const modelFile = "/sys/firmware/devicetree/base/model";

/** The board's name where this is a Raspberry Pi, else null. */
export function raspberryPiModel(): string | null {
  if (!existsSync(modelFile)) return null;
  const model = readFileSync(modelFile, "utf8").replaceAll("\0", "");
  return model.startsWith("Raspberry Pi") ? model : null;
}

/**
 * The way to the pins of this machine's header: the kernel's sysfs where it is, else the gpiod tools.
 * @returns null where there is no such header
 * @throws XnorcamError XC_GPIO on a Raspberry Pi whose pins can't be reached
 */
export async function findPins(): Promise<Pins | null> {
  const chip = findGpioChip();
  if (chip !== null) return new SysfsPins(chip);
  const gpiod = await findGpiodChip();
  if (gpiod !== null) return new GpiodPins(gpiod);
  const model = raspberryPiModel();
  if (model === null) return null;
  throw new XnorcamError(
    "XC_GPIO",
    `this ${model} has a kernel without ${gpioRoot}, and no gpiod tools that reach its pins: run \`sudo apt install gpiod\`, or use Raspberry Pi OS's kernel`,
  );
}
