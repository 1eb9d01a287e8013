import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { messageOf } from "../errors.ts";
import { type Check, type CheckResult, failed, ok } from "../health/check.ts";
import { checkClock, checkMemory, checkPower, checkSpace, checkTemperature } from "../health/checks.ts";
import { defineCommand } from "./command.ts";
import { checkBroker } from "./doctor/broker.ts";
import {
  checkCamera,
  checkFfmpeg,
  checkGpio,
  checkKernels,
  checkNode,
  checkPicture,
} from "./doctor/machine.ts";
import { checkCard, checkGroups, checkNetwork } from "./doctor/pi.ts";
import { checkDataDir, checkModel, checkPort } from "./doctor/settings.ts";

export const doctor = defineCommand({
  options: {
    config: { type: "text", value: "FILE", description: "Config file to check, .toml or .json" },
    fix: { type: "flag", description: "Do by itself what is safe, then check again" },
    picture: { type: "text", value: "FILE", description: "Take a test picture with all pixels, a JPEG" },
    json: { type: "flag", description: "One line of JSON" },
  },
  async run({ values }) {
    const checks: CheckResult[] = [];
    for (const check of plan(values.config, values.picture)) {
      const result = values.fix ? await repaired(check) : await check();
      checks.push(result);
      if (!values.json) console.log(inLines(result));
    }
    const isFine = checks.every(({ status }) => status !== "failed");
    // A repair is a function, which JSON leaves out.
    if (values.json) console.log(JSON.stringify({ ok: isFine, checks }));
    return isFine ? 0 : 1;
  },
});

/** Repairs what is found, if it can be, and looks again. */
async function repaired(check: Check): Promise<CheckResult> {
  const found = await check();
  if (found.repair === undefined) return found;
  try {
    await found.repair();
  } catch (error) {
    return { ...found, message: `${found.message}; it could not be fixed: ${messageOf(error)}` };
  }
  const after = await check();
  return { ...after, message: `${after.message} (fixed)` };
}

/** What the settings ask for can be looked at only when they can be read. */
function plan(file: string | undefined, picture: string | undefined): Check[] {
  const settings = readSettings(file);
  const source = "config" in settings ? settings.config.camera.source : "auto";
  const machine: Check[] = [
    checkNode,
    checkMemory,
    checkKernels,
    () => checkTemperature(),
    checkPower,
    () => checkClock(),
    () => checkCard(),
    checkNetwork,
    checkGroups,
    () => checkCamera(source),
    checkFfmpeg,
    checkGpio,
  ];
  if (!("config" in settings)) return [...machine, () => settings.problem];
  const { config } = settings;
  const { url } = config.mqtt;
  return [
    ...machine,
    () => ok("settings", file ?? process.env.XNORCAM_CONFIG ?? "no config file: the defaults"),
    () => checkModel(config),
    () => checkDataDir(config),
    () => checkSpace(config.dataDir),
    () => checkPort(config),
    ...(url === null ? [] : [() => checkBroker(url, config.mqtt)]),
    ...(picture === undefined ? [] : [() => checkPicture(picture, config.camera)]),
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
