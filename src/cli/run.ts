import { setFlagsFromString } from "node:v8";
import { SettingsStore } from "../config/settings-store.ts";
import type { Camera, Started } from "../main.ts";
import { defineCommand } from "./command.ts";
import { createLogger } from "./log.ts";
import { sensitivityOption } from "./model-option.ts";

/** A part that hangs must not keep a service from being restarted. */
const stopDeadlineMs = 10_000;

export const run = defineCommand({
  options: {
    config: { type: "text", value: "FILE", description: "Config file, .toml or .json" },
    replay: { type: "text", value: "PATH", description: "Folder of pictures, picture or video to play" },
    fps: { type: "number", value: "N", min: 0.1, max: 60, description: "Frames per second" },
    port: {
      type: "number",
      value: "N",
      min: 0,
      max: 65535,
      integer: true,
      description: "Port of the dashboard; 0 takes any free one",
    },
    sensitivity: sensitivityOption,
    "data-dir": { type: "text", value: "DIR", description: "Folder for what the camera keeps" },
  },
  async run({ values }) {
    const settings = new SettingsStore({
      file: values.config,
      overrides: {
        fps: values.fps,
        port: values.port,
        replay: values.replay,
        dataDir: values["data-dir"],
        sensitivity: values.sensitivity,
      },
      env: process.env,
    });
    const { config } = settings;
    const log = createLogger(config.log.level, process.stderr);
    preferSmallMemory();
    // Only now: loading every part takes seconds on a Pi Zero, and a mistake in the settings needs none of them.
    const { Camera } = await import("../main.ts");
    const camera = new Camera(config, log, settings);
    const stopSignal = nextStopSignal();
    try {
      // A start can hang, on a pipe that nobody writes to or a network folder that is gone.
      const started = await Promise.race([camera.start(), stopSignal.then(() => null)]);
      if (started !== null) console.log(welcome(started));
      log.info(`stopping on ${await stopSignal}`);
    } finally {
      await stopWithin(camera, stopDeadlineMs);
    }
    return 0;
  },
});

function welcome({ url, setupCode }: Started): string {
  const watching = `Xnorcam is watching. Open ${url}`;
  return setupCode === null ? watching : `${watching} and sign in with the setup code ${setupCode}`;
}

/**
 * Tells V8 to trade speed for memory, before its heaps grow and the detector's thread gets one. What we compute
 * with is typed arrays, or not JavaScript at all: 156 MB became 112 MB at the same latency of 56 ms.
 */
function preferSmallMemory(): void {
  setFlagsFromString("--optimize-for-size");
  // No unoptimized machine code beside the bytecode: another 4 MB.
  setFlagsFromString("--no-sparkplug");
}

/**
 * Listens from now on, so that a signal during the start is not lost, and for good: `npm start` passes on what
 * a terminal has sent to the whole group already, and the second one must not kill us while we stop.
 */
function nextStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, resolve);
  });
}

async function stopWithin(camera: Camera, deadlineMs: number): Promise<void> {
  const overdue = setTimeout(() => {
    console.error(`xnorcam: could not stop within ${deadlineMs / 1000} s, ending at once`);
    // Node would wait for the threads of its pool, of which one may hang; this comes after the outputs are off.
    process.on("exit", () => process.kill(process.pid, "SIGKILL"));
    process.exit(1);
  }, deadlineMs);
  try {
    await camera.stop();
  } finally {
    clearTimeout(overdue);
  }
}
