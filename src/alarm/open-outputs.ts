import type { Logger } from "pino";
import { findGpioChip } from "./gpio-chip.ts";
import { GpioOutput } from "./gpio-output.ts";
import type { AlarmOutput, OutputSettings } from "./output.ts";
import { SimulatedOutput } from "./simulated-output.ts";

/**
 * Opens every output of the settings, all of them off. While the bundled demo plays, and on a machine without a
 * Pi's GPIO, they are simulated; on one that has it, a pin that can't be used is an error: an alarm that silently reaches nobody is worse
 * than a camera that doesn't start.
 * @param isDemo a siren must not go off since a camera's cable came loose and the demo plays in its place
 * @param settings no two of them with the same pin, which `checkConfig` sees to.
 * @throws XnorcamError XC_GPIO; nothing stays open then.
 */
export async function openOutputs(
  settings: readonly OutputSettings[],
  isDemo: boolean,
  log: Pick<Logger, "info" | "warn">,
): Promise<AlarmOutput[]> {
  const chip = isDemo ? null : findGpioChip();
  const why = isDemo ? "the bundled demo switches no pins" : "no Raspberry Pi GPIO on this machine";
  const outputs: AlarmOutput[] = [];
  try {
    for (const output of settings) {
      if (chip !== null) {
        outputs.push(await GpioOutput.open(output, chip));
        continue;
      }
      const simulated = new SimulatedOutput(output, why, ({ description, on }) => {
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
