import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Pins } from "./gpio/pins.ts";
import type { OutputSettings } from "./output.ts";
import { type DriverSettings, OutputDriver } from "./output-driver.ts";
import type { Pattern } from "./patterns.ts";
import { SimulatedOutput } from "./simulated-output.ts";

export interface AlarmOutputSettings extends OutputSettings {
  readonly when: "alarm" | "armed" | "disarmed";
  /** Empty for all of them. */
  readonly classes: readonly string[];
  /** Of the alarm, watched ones. Empty for anywhere. */
  readonly zones: readonly string[];
  readonly pattern: Pattern;
  /** Null for as long as it takes. */
  readonly maxOnSeconds: number | null;
}

export interface OpenedOutputs {
  readonly drivers: OutputDriver[];
  /** Of the real ones, how to switch each off from outside; see `OutputPin.offLine`. */
  readonly offLines: string[];
  /** Lets each of them follow other settings, in their order; the pins stay. */
  apply(settings: readonly AlarmOutputSettings[]): void;
}

/**
 * Opens every output of the settings, all of them off. Without pins they are simulated; with them, one that can't be
 * used is an error: an alarm that silently reaches nobody is worse than a camera that doesn't start.
 * @param settings no two of them with the same pin, which `checkConfig` sees to.
 * @param pins a text says why there are none
 * @throws XnorcamError XC_GPIO; nothing stays on then.
 */
export async function openOutputs(
  settings: readonly AlarmOutputSettings[],
  pins: Pins | string,
  clock: Clock,
  log: Pick<Logger, "info" | "warn">,
): Promise<OpenedOutputs> {
  const drivers: OutputDriver[] = [];
  const offLines: string[] = [];
  const settingsOf = typeof pins === "string" ? simulatedSettings : driverSettings;
  try {
    for (const output of settings) {
      if (typeof pins === "string") {
        const simulated = new SimulatedOutput(output, pins, ({ description, on }) => {
          log.info(`output ${on ? "on" : "off"}: ${description}`);
        });
        log.warn(`output ${simulated.description}`);
        drivers.push(new OutputDriver(simulated, clock, settingsOf(output)));
        continue;
      }
      const pin = await pins.openOutput(output);
      offLines.push(pin.offLine);
      drivers.push(new OutputDriver(pin, clock, settingsOf(output)));
    }
  } catch (error) {
    for (const output of drivers) output.stop();
    throw error;
  }
  return {
    drivers,
    offLines,
    apply: (others) => {
      for (const [index, driver] of drivers.entries()) driver.apply(settingsOf(others[index]!));
    },
  };
}

function driverSettings(output: AlarmOutputSettings): DriverSettings {
  const { when, classes, zones, pattern, maxOnSeconds } = output;
  return {
    binding: {
      when,
      classes: classes.length === 0 ? null : classes,
      zones: zones.length === 0 ? null : zones,
    },
    pattern,
    maxOnMs: maxOnSeconds === null ? null : maxOnSeconds * 1000,
  };
}

/** Of a simulated output each pulse would be a line of the log. */
function simulatedSettings(output: AlarmOutputSettings): DriverSettings {
  return { ...driverSettings(output), pattern: "steady" };
}
