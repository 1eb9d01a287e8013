/**
 * Lays out /sys/class/gpio as LAYOUT says (plain files: enough for outputs), opens the outputs on it, switches
 * them on and off, stops them, and prints what happened as JSON. Started by gpio.test.ts in a namespace where
 * /sys/class is empty.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findPins } from "../../src/alarm/gpio/find-pins.ts";
import { openOutputs } from "../../src/alarm/open-outputs.ts";
import type { OutputSettings } from "../../src/alarm/output.ts";
import type { OutputDriver } from "../../src/alarm/output-driver.ts";
import { systemClock } from "../../src/clock.ts";
import { XnorcamError } from "../../src/errors.ts";

interface Layout {
  chip?: { name: string; label: string; base: number; ngpio: number };
  /** Kernel number of a pin that is exported already. */
  pin?: number;
  exportMode?: number;
  outputs: OutputSettings[];
  isDemo?: boolean;
}

const root = "/sys/class/gpio";
const layout = JSON.parse(process.env.LAYOUT!) as Layout;

if (layout.chip) {
  const { name, label, base, ngpio } = layout.chip;
  mkdirSync(join(root, name), { recursive: true });
  for (const [file, content] of Object.entries({ label, base, ngpio })) {
    writeFileSync(join(root, name, file), `${content}\n`);
  }
  writeFileSync(join(root, "export"), "");
  if (layout.exportMode !== undefined) chmodSync(join(root, "export"), layout.exportMode);
}
if (layout.pin !== undefined) {
  mkdirSync(join(root, `gpio${layout.pin}`));
  for (const [file, content] of Object.entries({
    value: "1",
    direction: "in",
    active_low: "0",
    edge: "none",
  })) {
    writeFileSync(join(root, `gpio${layout.pin}`, file), content);
  }
}

const defaults = { when: "alarm", classes: [], zones: [], pattern: "steady", maxOnSeconds: null } as const;
const log: string[] = [];
const steps: Record<string, Record<string, string>> = {};

function record(step: string): void {
  if (layout.pin === undefined) return;
  const folder = join(root, `gpio${layout.pin}`);
  if (!existsSync(folder)) return;
  steps[step] = Object.fromEntries(
    ["value", "direction", "active_low"].map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

let outputs: OutputDriver[] = [];
let error: string | null = null;
try {
  const pins = layout.isDemo
    ? "the bundled demo switches no pins"
    : ((await findPins()) ?? "no Raspberry Pi GPIO on this machine");
  const settings = layout.outputs.map((output) => ({ ...defaults, ...output }));
  const note = (message: string) => void log.push(message);
  outputs = (await openOutputs(settings, pins, systemClock, { info: note, warn: note })).drivers;
  record("opened");
  for (const output of outputs) output.want(true);
  record("on");
  for (const output of outputs) output.want(false);
  record("off");
  for (const output of outputs) output.want(true);
  for (const output of outputs) output.stop();
  record("stopped");
} catch (caught) {
  error = caught instanceof XnorcamError ? `${caught.code}: ${caught.message}` : String(caught);
  record("failed");
}

process.stdout.write(
  JSON.stringify({
    error,
    log,
    kinds: outputs.map((output) => output.report().kind),
    descriptions: outputs.map((output) => output.report().description),
    steps,
  }),
);
