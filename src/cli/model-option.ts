import { loadConfig } from "../config/load.ts";

/** The `--model` of every command that has one. */
export const modelOption = {
  type: "text",
  value: "FILE",
  description: "The network, .safetensors; without it, the one that `run` would use",
} as const;

/**
 * The file that `--model` names, else the one of the settings (`XNORCAM_CONFIG`), else the bundled one.
 * @throws XnorcamError XC_CONFIG_UNREADABLE | XC_CONFIG_INVALID
 */
export function modelPath(given: string | undefined): string {
  // Of the environment only this matters: a wrong PORT must not keep a picture from being looked at.
  const { XNORCAM_CONFIG } = process.env;
  return given ?? loadConfig({ env: { XNORCAM_CONFIG } }).model.file;
}
