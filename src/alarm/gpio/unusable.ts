import { messageOf, XnorcamError } from "../../errors.ts";
import type { GpioChip } from "./chip.ts";

/** The list of the settings that names the pin. */
export type PinList = "outputs" | "inputs";

/** @throws XnorcamError XC_GPIO where the chip has no such pin. */
export function refuseMissingPin(list: PinList, pin: number, { label, pins }: Omit<GpioChip, "base">): void {
  if (pin < pins) return;
  throw new XnorcamError(
    "XC_GPIO",
    `GPIO ${pin} does not exist: ${label} has pins 0 to ${pins - 1}; choose one of them in ${list}[].gpio`,
  );
}

export function noPermission(list: PinList, pin: number, what: string, cause: unknown): XnorcamError {
  return new XnorcamError(
    "XC_GPIO",
    `${because(list, pin)}: no permission to write ${what}; add the user to the group "gpio" (sudo usermod -aG gpio $USER) and log in again`,
    { cause },
  );
}

export function pinInUse(list: PinList, pin: number, cause: unknown): XnorcamError {
  return new XnorcamError(
    "XC_GPIO",
    `${because(list, pin)}: another program or driver holds it; choose another pin, or remove its dtoverlay line from config.txt`,
    { cause },
  );
}

/** @param reason a short text, or what was thrown */
export function unusablePin(list: PinList, pin: number, reason: unknown): XnorcamError {
  return new XnorcamError("XC_GPIO", `${because(list, pin)}: ${firstLine(reason)}; choose another pin`, {
    cause: reason,
  });
}

/** The message of a failed `require` goes on for many lines. */
export function firstLine(error: unknown): string {
  return messageOf(error).split("\n", 1)[0]!;
}

function because(list: PinList, pin: number): string {
  return `GPIO ${pin} (${list}[].gpio) can't be used`;
}
