import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { XnorcamError } from "../errors.ts";
import { checkConfig } from "./check.ts";
import type { KeyPath, SettingsProblem } from "./key-path.ts";
import { migrate } from "./migrations.ts";
import { isTooDeep } from "./nesting.ts";
import { readConfigFile } from "./read-config-file.ts";
import { type Config, configSchema } from "./schema.ts";
import { KeyLines } from "./text/lines.ts";

/** What the command line may say in place of the file. Numbers are in the ranges of the schema. */
export interface ConfigOverrides {
  port?: number | undefined;
  fps?: number | undefined;
  replay?: string | undefined;
  dataDir?: string | undefined;
  sensitivity?: Config["model"]["sensitivity"] | undefined;
}

export interface ConfigSources {
  /** The config file; without it `XNORCAM_CONFIG`, and without that the defaults. */
  file?: string | undefined;
  overrides?: ConfigOverrides;
  env: Environment;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings, and where they come from. */
export interface LoadedConfig {
  /** What the program goes by. */
  readonly config: Config;
  /** The file that they are in, or will be when they are changed. */
  readonly path: string;
  /** What the file says, of the present version; `{}` where there is none. */
  readonly given: object;
  /** What it says, complete with the defaults, before paths are resolved and anything goes before it. */
  readonly values: Config;
}

/** The settings that `loadSettings` finds. */
export function loadConfig(sources: ConfigSources): Config {
  return loadSettings(sources).config;
}

/**
 * The settings: defaults, then the file, then `PORT` and `XNORCAM_DATA_DIR`, then the command line; each goes
 * before the last. Paths in the file are relative to the file's folder, others to the current folder. Where no file is
 * named, it is `xnorcam.toml` in the data folder, if there is one.
 * @throws XnorcamError XC_CONFIG_UNREADABLE | XC_CONFIG_INVALID, which names every problem with its line, one a line.
 */
export function loadSettings(sources: ConfigSources): LoadedConfig {
  const { path, isNamed } = settingsFile(sources);
  const { values, given } =
    isNamed || existsSync(path) ? readSettings(path) : checkedSettings({}, path, () => null);
  return { path, given, values, config: effectiveConfig(values, given, path, sources) };
}

function settingsFile({ file, overrides = {}, env }: ConfigSources): { path: string; isNamed: boolean } {
  const named = file ?? set(env.XNORCAM_CONFIG);
  if (named !== undefined) return { path: named, isNamed: true };
  const dataDir = pathFrom(".", overrides.dataDir ?? set(env.XNORCAM_DATA_DIR)) ?? defaultDataDir(env);
  return { path: join(dataDir, "xnorcam.toml"), isNamed: false };
}

/**
 * What the program goes by, where a file says `given`.
 * @param values `given` with the defaults
 * @param path of the file
 * @throws XnorcamError XC_CONFIG_INVALID where PORT is none
 */
export function effectiveConfig(
  values: Config,
  given: object,
  path: string,
  { overrides = {}, env }: Pick<ConfigSources, "overrides" | "env">,
): Config {
  const folder = dirname(path);
  const named = given as { dataDir?: string };
  const dataDir =
    pathFrom(".", overrides.dataDir ?? set(env.XNORCAM_DATA_DIR)) ??
    pathFrom(folder, named.dataDir) ??
    defaultDataDir(env);
  const replay = pathFrom(".", overrides.replay) ?? pathFrom(folder, values.camera.replay) ?? null;
  const modelFile = pathFrom(folder, values.model.file) ?? null;
  const port = overrides.port ?? portFrom(env) ?? values.server.port;
  const fps = overrides.fps ?? values.camera.fps;
  const sensitivity = overrides.sensitivity ?? values.model.sensitivity;

  return {
    ...values,
    server: { ...values.server, port, tls: tlsFrom(folder, values.server.tls) },
    dataDir,
    camera: { ...values.camera, source: sourceFrom(folder, values.camera.source), fps, replay },
    model: { ...values.model, file: modelFile, sensitivity },
    ...withSecretFiles(values, folder),
  };
}

/** Certificates and files with secrets, found from the file's folder. */
function withSecretFiles({ mqtt, webhooks }: Config, folder: string): Pick<Config, "mqtt" | "webhooks"> {
  const from = (path: string | null) => pathFrom(folder, path) ?? null;
  return {
    mqtt: {
      ...mqtt,
      passwordFile: from(mqtt.passwordFile),
      caFile: from(mqtt.caFile),
      certFile: from(mqtt.certFile),
      keyFile: from(mqtt.keyFile),
    },
    webhooks: webhooks.map((hook) => ({ ...hook, secretFile: from(hook.secretFile) })),
  };
}

type FileSettings = Pick<LoadedConfig, "values" | "given">;

function readSettings(path: string): FileSettings {
  const { text, format, given } = readConfigFile(path);
  // Made only when it is needed.
  let lines: KeyLines | undefined;
  return checkedSettings(given, path, (key) => {
    if (key.length === 0) return null;
    lines ??= new KeyLines(text, format);
    return lines.lineOf(key);
  });
}

/** @param lineOf a key, in the file; null where it has none */
function checkedSettings(
  unchecked: unknown,
  path: string,
  lineOf: (key: KeyPath) => number | null,
): FileSettings {
  const result = checkGiven(unchecked);
  if ("given" in result) return result;
  const lines = result.problems
    .map(({ path: key, message }) => ({ line: lineOf(key), message }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .map(({ line, message }) => `${path}${line === null ? "" : `:${line}`}: ${message}`);
  throw new XnorcamError("XC_CONFIG_INVALID", lines.join("\n"));
}

/** What a file says, of the present version and complete with the defaults; or all that is wrong with it. */
export function checkGiven(unchecked: unknown): FileSettings | { problems: SettingsProblem[] } {
  if (isTooDeep(unchecked)) {
    return { problems: [{ path: [], message: "what is in it is nested deeper than any setting" }] };
  }
  const migrated = migrate(unchecked);
  if ("problem" in migrated) return { problems: [{ path: ["version"], message: migrated.problem }] };
  const result = checkConfig(migrated.given);
  if ("problems" in result) return result;
  return { values: result.config, given: migrated.given as object };
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

function pathFrom(folder: string, path: string | null | undefined): string | undefined {
  if (path === null || path === undefined) return undefined;
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(folder, path);
}

/** A file that ffmpeg plays is named like every other one of the settings; devices and addresses stay as they are. */
function sourceFrom(folder: string, source: Config["camera"]["source"]): Config["camera"]["source"] {
  const file = /^ffmpeg:\s*(?!\s|\/dev\/|\w+:\/\/)(.+)$/.exec(source)?.[1];
  return file === undefined ? source : `ffmpeg:${pathFrom(folder, file)}`;
}

function tlsFrom(folder: string, tls: Config["server"]["tls"]): Config["server"]["tls"] {
  if (typeof tls === "string") return tls;
  return { cert: pathFrom(folder, tls.cert) ?? tls.cert, key: pathFrom(folder, tls.key) ?? tls.key };
}

/** An environment variable that is set to nothing counts as not set. */
function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
