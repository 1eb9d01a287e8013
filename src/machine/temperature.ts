import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** "cpu-thermal" on a Pi, "x86_pkg_temp" on a PC. */
const processorZone = /^(cpu|soc)[-_]thermal$|^x86_pkg_temp$/;

/** The processor's temperature in degrees Celsius; null where the kernel does not tell. @param root of the system */
export function readTemperature(root = "/"): number | null {
  const zones = join(root, "sys/class/thermal");
  for (const zone of listed(zones)) {
    if (!zone.startsWith("thermal_zone")) continue;
    const text = (file: string) => textOf(join(zones, zone, file));
    if (!processorZone.test(text("type"))) continue;
    const milli = text("temp");
    return milli === "" ? null : Number(milli) / 1000;
  }
  return null;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // A sensor may refuse while it sleeps.
    return "";
  }
}
