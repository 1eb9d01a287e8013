import { bundledNetworks, networkFile } from "../bundled-networks.ts";
import { loadConfig } from "../config/load.ts";
import { type Sensitivity, sensitivities } from "../detect/head.ts";

/** The `--model` of every command that has one. */
export const modelOption = {
  type: "text",
  value: "FILE",
  description: `The network, .safetensors, or ${bundledNetworks.join(" or ")}; without it, the one that \`run\` would use`,
} as const;

/** The `--sensitivity` of every command that has one. */
export const sensitivityOption = {
  type: "choice",
  words: sensitivities,
  description: "Which of the model's thresholds count; without it, those of the settings",
} as const;

/**
 * What `--model` and `--sensitivity` say, else the settings (`XNORCAM_CONFIG`), else the defaults.
 * @throws XnorcamError XC_CONFIG_UNREADABLE | XC_CONFIG_INVALID
 */
export function modelSettings(given: {
  readonly model?: string | undefined;
  readonly sensitivity?: Sensitivity | undefined;
}): { path: string; sensitivity: Sensitivity } {
  const { model, sensitivity } = given;
  const path = model === undefined ? undefined : named(model);
  if (path !== undefined && sensitivity !== undefined) return { path, sensitivity };
  // Of the environment only this matters: a wrong PORT must not keep a picture from being looked at.
  const { XNORCAM_CONFIG } = process.env;
  const settings = loadConfig({ env: { XNORCAM_CONFIG } }).model;
  return { path: path ?? networkFile(settings), sensitivity: sensitivity ?? settings.sensitivity };
}

/** A bundled network by its name, or a file. */
function named(model: string): string {
  const network = bundledNetworks.find((name) => name === model);
  return network === undefined ? model : networkFile({ network, file: null });
}
