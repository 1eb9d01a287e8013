import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder that `onoff` works in; it can't be told another. */
export const gpioRoot = "/sys/class/gpio";

/** The pin controller of the Pi's 40-pin header. */
export interface GpioChip {
  /** "pinctrl-bcm2835" on a Pi Zero. */
  readonly label: string;
  /**
   * The number that the kernel's sysfs interface gives to BCM pin 0. It was 0 for years; since kernel 6.6
   * numbers are handed out from 512 up, so that GPIO 17 is exported as 529.
   */
  readonly base: number;
  /** Pins 0 … `pins` − 1 exist. */
  readonly pins: number;
}

/** BCM2835 (Pi Zero, 1) to BCM2712, and the RP1 that drives the header of a Pi 5. */
export const headerLabel = /^pinctrl-(bcm|rp1)/;

/** Finds the chip of the Pi's header among the machine's GPIO chips; null where there is none. */
export function findGpioChip(): GpioChip | null {
  for (const folder of chipFolders()) {
    const label = read(folder, "label");
    if (!headerLabel.test(label)) continue;
    return { label, base: Number(read(folder, "base")), pins: Number(read(folder, "ngpio")) };
  }
  return null;
}

function chipFolders(): string[] {
  try {
    return readdirSync(gpioRoot).filter((name) => name.startsWith("gpiochip"));
  } catch {
    // A PC, a container, or a kernel without CONFIG_GPIO_SYSFS.
    return [];
  }
}

function read(folder: string, file: string): string {
  return readFileSync(join(gpioRoot, folder, file), "utf8").trim();
}
