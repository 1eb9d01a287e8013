import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { XnorcamError } from "../errors.ts";
import { checkConfig } from "./check.ts";
import { readConfigFile } from "./read-config-file.ts";
import { type Config, configSchema } from "./schema.ts";

/** What the command line may say in place of the file. Numbers are in the ranges of the schema. */
export interface ConfigOverrides {
  port?: number | undefined;
  fps?: number | undefined;
  replay?: string | undefined;
  dataDir?: string | undefined;
}

export interface ConfigSources {
  /** The config file; without it `XNORCAM_CONFIG`, and without that the defaults. */
  file?: string | undefined;
  overrides?: ConfigOverrides;
  env: Environment;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings: defaults, then the file, then `PORT` and `XNORCAM_DATA_DIR`, then the command line; each goes
 * before the last. Paths in the file are relative to the file's folder, others to the current folder.
 * @throws XnorcamError XC_CONFIG_UNREADABLE | XC_CONFIG_INVALID, which names every problem, one a line.
 */
export function loadConfig({ file, overrides = {}, env }: ConfigSources): Config {
  const path = file ?? set(env.XNORCAM_CONFIG);
  const { config, given } = path === undefined ? checkedSettings({}, "") : readSettings(path);
  const folder = path === undefined ? "." : dirname(path);

  const dataDir =
    pathFrom(".", overrides.dataDir ?? set(env.XNORCAM_DATA_DIR)) ??
    pathFrom(folder, given.dataDir) ??
    defaultDataDir(env);
  const replay = pathFrom(".", overrides.replay) ?? pathFrom(folder, config.camera.replay) ?? null;
  const modelFile = pathFrom(folder, given.model?.file) ?? bundled(config.model.file);
  const port = overrides.port ?? portFrom(env) ?? config.server.port;
  const fps = overrides.fps ?? config.camera.fps;

  return {
    ...config,
    server: { ...config.server, port },
    dataDir,
    camera: { ...config.camera, fps, replay },
    model: { ...config.model, file: modelFile },
  };
}

/** The complete settings, and the paths among them that the file itself gave. */
interface Settings {
  config: Config;
  given: { dataDir?: string; model?: { file?: string } };
}

function readSettings(path: string): Settings {
  return checkedSettings(readConfigFile(path), path);
}

function checkedSettings(given: unknown, path: string): Settings {
  const result = checkConfig(given);
  if ("config" in result) return { config: result.config, given: given as Settings["given"] };
  const lines = result.problems.map((problem) => `${path}: ${problem}`);
  throw new XnorcamError("XC_CONFIG_INVALID", lines.join("\n"));
}

function portFrom(env: Environment): number | undefined {
  const text = set(env.PORT);
  if (text === undefined) return undefined;
  const { minimum = 0, maximum = 0 } = configSchema.properties.server.properties.port;
  if (/^\d+$/.test(text) && Number(text) <= maximum) return Number(text);
  throw new XnorcamError(
    "XC_CONFIG_INVALID",
    `the environment variable PORT is "${text}", expected a whole number from ${minimum} to ${maximum}`,
  );
}

function defaultDataDir(env: Environment): string {
  const xdg = set(env.XDG_DATA_HOME);
  return xdg === undefined ? join(homedir(), ".local", "share", "xnorcam") : resolve(xdg, "xnorcam");
}

/** A file that comes with the program. `src/config` and `dist/config` lie equally deep in the package. */
function bundled(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

function pathFrom(folder: string, path: string | null | undefined): string | undefined {
  if (path === null || path === undefined) return undefined;
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(folder, path);
}

/** An environment variable that is set to nothing counts as not set. */
function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
