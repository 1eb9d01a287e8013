#!/usr/bin/env node
import { messageOf, XnorcamError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { packageVersion } from "../version.ts";
import type { Command } from "./command.ts";
import { type CommandEntry, commands } from "./commands.ts";
import { commandHelp, programHelp, usageLine } from "./help.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`xnorcam … | head`): there is nobody left to talk to.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.on("uncaughtException", (error) => {
  process.exit(report(error));
});
process.exitCode = await main(process.argv.slice(2)).catch(report);

/** @returns the exit code: 0 fine, 1 failed, 2 wrong use. */
async function main([word, ...rest]: string[]): Promise<number> {
  switch (word) {
    case undefined:
      console.error(programHelp(commands));
      return 2;
    case "-h":
    case "--help":
      return print(programHelp(commands));
    case "-v":
    case "--version":
      return print(packageVersion());
    case "help":
      return help(rest[0]);
    default:
      return await execute(entryOf(word), rest);
  }
}

async function execute(entry: CommandEntry, argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) return help(entry.name);
  const command = await entry.load();
  try {
    return await command.execute(argv);
  } catch (error) {
    throw withUsage(error, entry, command);
  }
}

async function help(name: string | undefined): Promise<number> {
  if (name === undefined) return print(programHelp(commands));
  const entry = entryOf(name);
  return print(commandHelp(entry, await entry.load()));
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

function entryOf(word: string): CommandEntry {
  const entry = commands.find(({ name }) => name === word);
  if (entry !== undefined) return entry;
  const names = commands.map(({ name }) => name);
  const meant = nearest(word, names);
  const hint = meant === undefined ? `expected one of ${names.join(", ")}` : `did you mean ${meant}?`;
  const kind = word.startsWith("-") ? "option" : "command";
  throw new XnorcamError("XC_USAGE", `there is no ${kind} ${word}, ${hint}`);
}

/** Whoever used a command wrongly is shown how it is used. */
function withUsage(error: unknown, entry: CommandEntry, command: Command): unknown {
  if (!(error instanceof XnorcamError) || error.code !== "XC_USAGE") return error;
  const message = `${error.message}; usage: ${usageLine(entry.name, command)}`;
  return new XnorcamError("XC_USAGE", message, { cause: error });
}

function print(text: string): number {
  console.log(text);
  return 0;
}

/** Says what went wrong in one line. @returns the exit code. */
function report(error: unknown): number {
  const known = error instanceof XnorcamError;
  console.error(`xnorcam: ${messageOf(error)} (${known ? error.code : "unexpected"})`);
  if (process.env.XNORCAM_DEBUG) console.error(error);
  else if (!known) console.error("xnorcam: set XNORCAM_DEBUG=1 to see where this came from");
  return known && error.code === "XC_USAGE" ? 2 : 1;
}
