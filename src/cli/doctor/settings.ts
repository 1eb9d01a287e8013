import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { networkFile } from "../../bundled-networks.ts";
import type { Config } from "../../config/schema.ts";
import { prepareDataDir } from "../../data-dir.ts";
import { messageOf } from "../../errors.ts";
import { type CheckResult, failed, ok } from "../../health/check.ts";
import { nearestExisting } from "../../health/checks.ts";

/** Loads the network as `run` would, and looks whether it knows the classes that raise the alarm. */
export async function checkModel({ model, alarm }: Config): Promise<CheckResult> {
  const file = networkFile(model);
  let classes: readonly string[];
  try {
    // Loaded here, so that a machine on which the detector cannot even be loaded is told so.
    const { referenceBackend } = await import("../../nn/backend.ts");
    const { PictureDetector } = await import("../../detect/picture-detector.ts");
    classes = PictureDetector.load(file, referenceBackend()).head.classes;
  } catch (error) {
    const fix =
      model.file === null
        ? "Install Xnorcam again: the file came with it"
        : "Set model.file to a model of this version, or leave it out";
    return failed("model", messageOf(error), fix);
  }
  const named = new Set([...alarm.classes, ...(alarm.homeClasses ?? []), ...Object.keys(alarm.thresholds)]);
  const unknown = [...named].filter((name) => !classes.includes(name));
  if (unknown.length === 0) return ok("model", `${file}, ${classes.length} classes`);
  return failed(
    "model",
    `${file} does not know ${unknown.join(", ")}, which the section alarm names`,
    `Name some of ${classes.join(", ")}`,
  );
}

export function checkDataDir({ dataDir }: Config): CheckResult {
  const folder = nearestExisting(dataDir);
  const found = folder === dataDir ? dataDir : `${dataDir}, to be made in ${folder}`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (folder === dataDir) return ok("data folder", found);
    return { ...ok("data folder", found), repair: () => prepareDataDir(dataDir) };
  } catch (error) {
    return failed(
      "data folder",
      `${found}: ${messageOf(error)}`,
      `Make it writable for this user, or set dataDir, XNORCAM_DATA_DIR or --data-dir to another folder`,
    );
  }
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
