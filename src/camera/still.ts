import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Worker } from "node:worker_threads";
import { messageOf, type XnorcamError } from "../errors.ts";
import { onPath } from "../on-path.ts";
import { inProject } from "../project-folder.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";
import { RpicamStderr } from "./rpicam-stderr.ts";

/** The camera measures the light for this long before it takes the picture. */
const meteringMs = 1000;
/** A Pi Zero needs some seconds for eight megapixels. */
const limitSeconds = 30;

// Also for tests of src/, the compiled worker: Node 20 runs no TypeScript.
const workerFile = inProject("dist/camera/still-worker.js");

/** The path of `rpicam-still`, or of `libcamera-still`, as it was called until 2023; undefined where there is none. */
export function findRpicamStill(): string | undefined {
  return onPath("rpicam-still") ?? onPath("libcamera-still");
}

/**
 * Takes a picture with all pixels of the sensor, through the package node-libcamera. Nothing else may use the camera.
 *
 * node-libcamera calls `libcamera-still` through a shell, a name that new systems don't have, and waits for it for
 * ever. So it runs in a thread whose PATH begins with a folder of ours, where that name starts the program that is
 * there, for a limited time. The system is not touched.
 * @param program path of `rpicam-still` or `libcamera-still`
 * @returns a JPEG
 * @throws XnorcamError XC_CAMERA_*
 */
export async function takeStill(
  program: string,
  settings: Pick<RpicamSettings, "rotation" | "hflip" | "vflip" | "exposure" | "awb" | "roi">,
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "xnorcam-still-"));
  try {
    const alias = `#!/bin/sh\nexec timeout -k 1 ${limitSeconds} ${quoted(program)} "$@"\n`;
    await writeFile(join(folder, "libcamera-still"), alias, { mode: 0o755 });
    const picture = join(folder, "still.jpg");
    const refusal = await runWorker(folder, stillOptions(picture, settings));
    if (refusal !== null) throw whyNot(program, refusal);
    return await readFile(picture);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type StillOptions = Record<
  string,
  string | number | boolean | { x: number; y: number; w: number; h: number }
>;

function stillOptions(
  picture: string,
  { rotation, hflip, vflip, exposure, awb, roi }: Parameters<typeof takeStill>[1],
): StillOptions {
  const [x = 0, y = 0, w = 1, h = 1] = roi ?? [];
  return {
    // The words go through a shell; all others are checked by the settings.
    output: quoted(picture),
    nopreview: true,
    timeout: meteringMs,
    rotation,
    exposure,
    awb,
    roi: { x, y, w, h },
    // node-libcamera passes on a flag that is false, too.
    ...(hflip ? { hflip } : {}),
    ...(vflip ? { vflip } : {}),
  };
}

/** @returns what it says when it fails, else null */
async function runWorker(folder: string, options: StillOptions): Promise<string | null> {
  // With NODE_ENV "test" node-libcamera only says what it would call.
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, NODE_ENV: "production" };
  const worker = new Worker(workerFile, { workerData: options, env });
  try {
    const [refusal] = (await once(worker, "message")) as [string | null];
    return refusal;
  } catch (error) {
    return messageOf(error);
  } finally {
    await worker.terminate();
  }
}

function whyNot(program: string, said: string): XnorcamError {
  const reader = new RpicamStderr(basename(program), () => {});
  // The first line is the command.
  reader.add(`${said.split("\n").slice(1).join("\n")}\n`);
  return reader.explain("no picture");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
