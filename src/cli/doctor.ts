import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { messageOf } from "../errors.ts";
import { defineCommand } from "./command.ts";
import { type Check, type CheckResult, failed, ok } from "./doctor/check.ts";
import { checkCamera, checkFfmpeg, checkGpio, checkMemory, checkNode } from "./doctor/machine.ts";
import { checkDataDir, checkModel, checkPort, checkSpace } from "./doctor/settings.ts";

export const doctor = defineCommand({
  options: {
    config: { type: "text", value: "FILE", description: "Config file to check, .toml or .json" },
    json: { type: "flag", description: "One line of JSON" },
  },
  async run({ values }) {
    const checks: CheckResult[] = [];
    for (const check of plan(values.config)) {
      const result = await check();
      checks.push(result);
      if (!values.json) console.log(inLines(result));
    }
    const isFine = checks.every(({ status }) => status !== "failed");
    if (values.json) console.log(JSON.stringify({ ok: isFine, checks }));
    return isFine ? 0 : 1;
  },
});

/** What the settings ask for can be looked at only when they can be read. */
function plan(file: string | undefined): Check[] {
  const machine: Check[] = [checkNode, checkMemory, checkCamera, checkFfmpeg, checkGpio];
  const settings = readSettings(file);
  if (!("config" in settings)) return [...machine, () => settings.problem];
  const { config } = settings;
  return [
    ...machine,
    () => ok("settings", file ?? process.env.XNORCAM_CONFIG ?? "no config file: the defaults"),
    () => checkModel(config),
    () => checkDataDir(config),
    () => checkSpace(config),
    () => checkPort(config),
  ];
}

function readSettings(file: string | undefined): { config: Config } | { problem: CheckResult } {
  try {
    return { config: loadConfig({ file, env: process.env }) };
  } catch (error) {
    return { problem: failed("settings", messageOf(error), "See docs/settings.md for what can be set") };
  }
}

function inLines({ name, status, message, fix }: CheckResult): string {
  const line = `${status.padEnd(8)}${name}: ${message}`;
  return fix === undefined ? line : `${line}\n        → ${fix}`;
}
