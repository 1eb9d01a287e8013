import type { Logger } from "pino";
import { findGpioChip } from "./gpio-chip.ts";
import { GpioOutput } from "./gpio-output.ts";
import type { AlarmOutput, OutputSettings } from "./output.ts";
import { SimulatedOutput } from "./simulated-output.ts";

/**
 * Opens every output of the settings, all of them off. On a machine without a Pi's GPIO they are simulated;
 * on one that has it, a pin that can't be used is an error: an alarm that silently reaches nobody is worse
 * than a camera that doesn't start.
 * @param settings no two of them with the same pin, which `checkConfig` sees to.
 * @throws XnorcamError XC_GPIO; nothing stays open then.
 */
export async function openOutputs(
  settings: readonly OutputSettings[],
  log: Pick<Logger, "info" | "warn">,
): Promise<AlarmOutput[]> {
  const chip = findGpioChip();
  const outputs: AlarmOutput[] = [];
  try {
    for (const output of settings) {
      if (chip !== null) {
        outputs.push(await GpioOutput.open(output, chip));
        continue;
      }
      const simulated = new SimulatedOutput(output, ({ description, on }) => {
        log.info(`output ${on ? "on" : "off"}: ${description}`);
      });
      log.warn(`output ${simulated.description}`);
      outputs.push(simulated);
    }
  } catch (error) {
    for (const output of outputs) output.stop();
    throw error;
  }
  return outputs;
}
