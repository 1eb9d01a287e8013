import { type Command, type CommandOption, optionText } from "./command.ts";
import type { CommandEntry } from "./commands.ts";

/** "xnorcam eval --data DIR [--json]", from the command's own options. */
export function usageLine(name: string, { options, positionals }: Command): string {
  const words = Object.entries(options).map(([option, description]) => {
    const text = optionText(option, description);
    return description.type !== "flag" && description.required ? text : `[${text}]`;
  });
  if (positionals !== undefined) {
    words.push(positionals.min > 0 ? positionals.name : `[${positionals.name}]`);
  }
  return ["xnorcam", name, ...words].join(" ");
}

/** What `xnorcam help COMMAND` prints. */
export function commandHelp({ name, summary }: CommandEntry, command: Command): string {
  const rows = Object.entries(command.options).map(([option, description]) => [
    `  ${optionText(option, description)}`,
    explanation(description),
  ]);
  return [
    `${summary}.`,
    "",
    `Usage: ${usageLine(name, command)}`,
    ...(rows.length > 0 ? ["", "Options:", ...columns(rows)] : []),
  ].join("\n");
}

/** What `xnorcam --help` prints. */
export function programHelp(commands: readonly CommandEntry[]): string {
  return [
    "Xnorcam is a security camera that sees with a binary neural network.",
    "",
    "Usage: xnorcam COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...columns(commands.map(({ name, summary }) => [`  ${name}`, summary])),
    "",
    "xnorcam help COMMAND says more about one; xnorcam --version says which version this is.",
    "Environment: XNORCAM_CONFIG (config file), XNORCAM_DATA_DIR (data folder), PORT, XNORCAM_KERNELS (see bench),",
    "             XNORCAM_DEBUG=1 (stack traces).",
    "Exit codes: 0 fine, 1 failed, 2 wrong use.",
  ].join("\n");
}

function explanation(option: CommandOption): string {
  return option.type === "number"
    ? `${option.description} (${option.min} to ${option.max})`
    : option.description;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([left = ""]) => left.length)) + 2;
  return rows.map(([left = "", right = ""]) => `${left.padEnd(width)}${right}`);
}
