import { loadConfig } from "../config/load.ts";
import { type Sensitivity, sensitivities } from "../detect/head.ts";

/** The `--model` of every command that has one. */
export const modelOption = {
  type: "text",
  value: "FILE",
  description: "The network, .safetensors; without it, the one that `run` would use",
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
  if (model !== undefined && sensitivity !== undefined) return { path: model, sensitivity };
  // Of the environment only this matters: a wrong PORT must not keep a picture from being looked at.
  const { XNORCAM_CONFIG } = process.env;
  const settings = loadConfig({ env: { XNORCAM_CONFIG } }).model;
  return { path: model ?? settings.file, sensitivity: sensitivity ?? settings.sensitivity };
}
