import type { Logger } from "pino";
import { XnorcamError } from "../errors.ts";
import { findGpioChip } from "./gpio-chip.ts";
import { GpioOutput } from "./gpio-output.ts";
import type { AlarmOutput, OutputSettings } from "./output.ts";
import { SimulatedOutput } from "./simulated-output.ts";

/**
 * Opens every output of the settings, all of them off. On a machine without a Pi's GPIO they are simulated;
 * on one that has it, a pin that can't be used is an error: an alarm that silently reaches nobody is worse
 * than a camera that doesn't start.
 * @throws XnorcamError XC_GPIO, XC_CONFIG_INVALID; nothing stays open then.
 */
export async function openOutputs(
  settings: readonly OutputSettings[],
  log: Pick<Logger, "info" | "warn">,
): Promise<AlarmOutput[]> {
  const chip = findGpioChip();
  const outputs: AlarmOutput[] = [];
  try {
    for (const [index, output] of settings.entries()) {
      refuseDuplicate(settings, index);
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

function refuseDuplicate(settings: readonly OutputSettings[], index: number): void {
  const pin = settings[index]!.gpio;
  const first = settings.findIndex(({ gpio }) => gpio === pin);
  if (first === index) return;
  throw new XnorcamError(
    "XC_CONFIG_INVALID",
    `outputs[${index}].gpio: ${pin} is the pin of outputs[${first}] already; give each output its own pin`,
  );
}
