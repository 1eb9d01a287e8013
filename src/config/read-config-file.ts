import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { messageOf, XnorcamError } from "../errors.ts";
import { withoutComments } from "./text/json-comments.ts";

export type ConfigFormat = "toml" | "json";

/** A settings file as it is on the disk. */
export interface ConfigFile {
  readonly format: ConfigFormat;
  readonly text: string;
  /** What it says, not checked. */
  readonly given: unknown;
}

/**
 * Reads a `.toml` file, or a `.json` or `.jsonc` file with or without comments, and does not look at what it says.
 * @throws XnorcamError XC_CONFIG_UNREADABLE, or XC_CONFIG_INVALID with the line of a syntax error.
 */
export function readConfigFile(file: string): ConfigFile {
  const format = formatOf(file);
  const text = readText(file);
  return { format, text, given: parseConfig(text, format, file) };
}

/** @throws XnorcamError XC_CONFIG_UNREADABLE where the name says none that is known */
export function formatOf(file: string): ConfigFormat {
  switch (extname(file).toLowerCase()) {
    case ".toml":
      return "toml";
    case ".json":
    case ".jsonc":
      return "json";
    default:
      throw new XnorcamError("XC_CONFIG_UNREADABLE", `${file}: a config file's name ends in .toml or .json`);
  }
}

/** @throws XnorcamError XC_CONFIG_INVALID with the line of a syntax error. */
export function parseConfig(text: string, format: ConfigFormat, file: string): unknown {
  return format === "toml" ? readToml(text, file) : readJson(withoutComments(text), file);
}

function readText(file: string): string {
  try {
    // Editors on Windows put a byte order mark at the start, which neither format allows.
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new XnorcamError("XC_CONFIG_UNREADABLE", `${file}: ${whyUnreadable(error)}`, { cause: error });
  }
}

function whyUnreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such config file";
  if (code === "EISDIR") return "this is a folder, expected a config file";
  if (code === "EACCES" || code === "EPERM") return "no permission to read this config file";
  return messageOf(error);
}

function readToml(text: string, file: string): unknown {
  try {
    // Objects like any other: the parser's have no prototype.
    return structuredClone(parseToml(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [summary = ""] = error.message.split("\n");
    throw syntaxError(file, error.line, summary.replace("Invalid TOML document: ", ""), error);
  }
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const end = text.trimEnd().length;
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? end);
    const line = text.slice(0, Math.min(position, end)).split("\n").length;
    throw syntaxError(file, line, message.replace(/ in JSON at position.*/, ""), error);
  }
}

function syntaxError(file: string, line: number, message: string, cause: unknown): XnorcamError {
  return new XnorcamError("XC_CONFIG_INVALID", `${file}:${line}: ${message}`, { cause });
}
