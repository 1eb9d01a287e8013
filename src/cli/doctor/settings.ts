import { accessSync, constants, existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../errors.ts";
import { type CheckResult, failed, inWords, ok, warning } from "./check.ts";

const wantedSpaceBytes = 500e6;
const leastSpaceBytes = 50e6;

/** Loads the network as `run` would, and looks whether it knows the classes that raise the alarm. */
export async function checkModel({ model, alarm }: Config): Promise<CheckResult> {
  let classes: readonly string[];
  try {
    // Loaded here, so that a machine on which the detector cannot even be loaded is told so.
    const { PictureDetector } = await import("../../detect/picture-detector.ts");
    classes = PictureDetector.load(model.file).head.classes;
  } catch (error) {
    return failed("model", messageOf(error), "Set model.file to a model of this version, or leave it out");
  }
  const unknown = alarm.classes.filter((name) => !classes.includes(name));
  if (unknown.length === 0) return ok("model", `${model.file}, ${classes.length} classes`);
  return failed(
    "model",
    `${model.file} does not know ${unknown.join(", ")}, which alarm.classes names`,
    `Set alarm.classes to some of ${classes.join(", ")}`,
  );
}

export function checkDataDir({ dataDir }: Config): CheckResult {
  const folder = nearestExisting(dataDir);
  const found = folder === dataDir ? dataDir : `${dataDir}, to be made in ${folder}`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return ok("data folder", found);
  } catch (error) {
    return failed(
      "data folder",
      `${found}: ${messageOf(error)}`,
      `Make it writable for this user, or set dataDir, XNORCAM_DATA_DIR or --data-dir to another folder`,
    );
  }
}

export async function checkSpace({ dataDir }: Config): Promise<CheckResult> {
  const { bavail, bsize } = await statfs(nearestExisting(dataDir));
  const free = bavail * bsize;
  const found = `${inWords(free)} free for ${dataDir}`;
  if (free >= wantedSpaceBytes) return ok("space", found);
  const fix = "Delete what is not needed, or set dataDir to a folder on a larger disk";
  return (free >= leastSpaceBytes ? warning : failed)("space", found, fix);
}

export async function checkPort({ server: { host, port } }: Config): Promise<CheckResult> {
  const error = await listenError(host, port);
  if (error === undefined) return ok("port", port === 0 ? "any free one" : `${port} is free`);
  if (error.code === "EADDRINUSE") {
    const fix = `Stop what uses it (a running Xnorcam does, too), or set server.port, PORT or --port to another`;
    return failed("port", `${port} is in use`, fix);
  }
  const fix = "Set server.port to a number above 1023, and server.host to an address of this machine";
  return failed("port", `cannot listen on ${host}:${port}: ${error.message}`, fix);
}

function listenError(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}
