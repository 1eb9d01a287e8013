import { execFile } from "node:child_process";
import { basename } from "node:path";
import { XnorcamError } from "../errors.ts";
import { onPath } from "../on-path.ts";
import { RpicamStderr } from "./rpicam-stderr.ts";

/** Enough for a Pi Zero that is busy starting up. */
const listTimeoutMs = 15_000;

/** The path of `rpicam-vid`, or of `libcamera-vid`, as it was called until 2023; undefined where there is none. */
export function findRpicam(): string | undefined {
  return onPath("rpicam-vid") ?? onPath("libcamera-vid");
}

export function rpicamNotInstalled(cause?: Error): XnorcamError {
  return new XnorcamError(
    "XC_CAMERA_NOT_INSTALLED",
    'rpicam-vid, which reads the camera, is not installed: run `sudo apt install rpicam-apps-lite`, or set camera.source to "replay"',
    cause === undefined ? {} : { cause },
  );
}

/**
 * Asks the program which cameras are attached, without starting one.
 * @returns the sensors' names, at least one: "imx219".
 * @throws XnorcamError XC_CAMERA_*
 */
export async function listCameras(program: string, signal: AbortSignal): Promise<string[]> {
  const { output, end } = await new Promise<{ output: string; end: string }>((resolve) => {
    const options = { timeout: listTimeoutMs, killSignal: "SIGKILL", signal } as const;
    execFile(program, ["--list-cameras"], options, (error, stdout, stderr) => {
      const end = error === null ? "exit code 0" : (error.signal ?? `exit code ${error.code}`);
      resolve({ output: stdout + stderr, end });
    });
  });
  // "0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)"
  const names = [...output.matchAll(/^\d+ : (\S+) \[/gm)].map(([, name = ""]) => name);
  if (names.length > 0) return names;
  const said = new RpicamStderr(basename(program), () => {});
  said.add(`${output}\n`);
  throw said.explain(end);
}
