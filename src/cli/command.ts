import { parseArgs } from "node:util";
import { messageOf, XnorcamError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** An option of a command. `xnorcam help COMMAND`, parsing and validation all come from it. */
export type CommandOption = FlagOption | TextOption | NumberOption | ChoiceOption;

interface FlagOption {
  readonly type: "flag";
  readonly description: string;
}

interface TextOption {
  readonly type: "text";
  /** What stands for the value in the help: "FILE". */
  readonly value: string;
  readonly description: string;
  readonly required?: boolean;
}

interface NumberOption {
  readonly type: "number";
  readonly value: string;
  readonly description: string;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  readonly required?: boolean;
}

/** One of a few words. */
interface ChoiceOption {
  readonly type: "choice";
  readonly words: readonly string[];
  readonly description: string;
  readonly required?: boolean;
}

export type CommandOptions = Readonly<Record<string, CommandOption>>;

/** Words after the options: pictures, files. */
export interface Positionals {
  /** How the help names them: "PICTURE|FOLDER…". */
  readonly name: string;
  readonly min: number;
  /** Infinity where any number is fine. */
  readonly max: number;
}

/** The checked values of a command line; an option that is not required and was not given is absent. */
export type CommandValues<Options extends CommandOptions> = {
  readonly [Name in keyof Options as Options[Name] extends { required: true } ? Name : never]: ValueOf<
    Options[Name]
  >;
} & {
  readonly [Name in keyof Options as Options[Name] extends { required: true } ? never : Name]?: ValueOf<
    Options[Name]
  >;
};

type ValueOf<Option extends CommandOption> = Option extends FlagOption
  ? boolean
  : Option extends NumberOption
    ? number
    : Option extends ChoiceOption
      ? Option["words"][number]
      : string;

export interface CommandArgs<Options extends CommandOptions> {
  readonly values: CommandValues<Options>;
  readonly positionals: readonly string[];
}

/**
 * A command of the program, written with `defineCommand` so that `run` gets its values typed. Its name and
 * summary stand in the table of `commands.ts`, so that `xnorcam --help` need not load every command.
 */
export interface Command {
  readonly options: CommandOptions;
  readonly positionals?: Positionals;
  /** Parses `argv` (without program and command name) and runs. @returns the exit code. @throws XnorcamError */
  execute(argv: readonly string[]): Promise<number>;
}

/** What a command's file says of itself. */
export interface CommandDefinition<Options extends CommandOptions> {
  readonly options: Options;
  /** Absent: the command takes no words. */
  readonly positionals?: Positionals;
  /** @returns the exit code: 0 fine, 1 failed. Throw an XnorcamError for one clear line; XC_USAGE exits with 2. */
  run(args: CommandArgs<Options>): Promise<number>;
}

/** @example export const model = defineCommand({ options: { json: { type: "flag", description: "…" } }, async run({ values }) {…} }) */
export function defineCommand<const Options extends CommandOptions>(
  definition: CommandDefinition<Options>,
): Command {
  const { options, positionals } = definition;
  return {
    options,
    ...(positionals === undefined ? {} : { positionals }),
    execute: (argv) => definition.run(parseCommandLine(definition, argv)),
  };
}

/**
 * Reads a command line by the definition's options and words.
 * @throws XnorcamError XC_USAGE: unknown option, missing value, a number out of its range, too few or many words.
 */
export function parseCommandLine<Options extends CommandOptions>(
  definition: Pick<CommandDefinition<Options>, "options" | "positionals">,
  argv: readonly string[],
): CommandArgs<Options> {
  const { values: raw, positionals } = parseStrictly(definition.options, argv);
  const values: Record<string, string | number | boolean> = {};
  for (const [name, option] of Object.entries(definition.options)) {
    const given = raw[name];
    if (given === undefined) {
      if (option.type !== "flag" && option.required) throw usage(`${optionText(name, option)} is missing`);
      continue;
    }
    values[name] = checked(name, option, given);
  }
  checkPositionals(definition.positionals, positionals);
  return { values: values as CommandValues<Options>, positionals };
}

function parseStrictly(options: CommandOptions, argv: readonly string[]) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      { type: option.type === "flag" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options: config, strict: true, allowPositionals: true });
  } catch (error) {
    throw usage(reword(messageOf(error), Object.keys(options)), error);
  }
}

/** The messages of `parseArgs` span several lines of general advice; ours name the option that was meant. */
function reword(message: string, names: readonly string[]): string {
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(message) ?? [];
  if (unknown !== undefined) {
    const meant = nearest(unknown.replace(/^-+/, ""), names);
    return `there is no option ${unknown}${meant === undefined ? "" : `, did you mean --${meant}?`}`;
  }
  const [, ambiguous] = /^Option '(--[^' ]+).*' argument is ambiguous/.exec(message) ?? [];
  if (ambiguous !== undefined) {
    return `${ambiguous} needs a value; one that begins with a dash is written ${ambiguous}=VALUE`;
  }
  const [, lacking] = /^Option '(--[^' ]+).*' argument missing/.exec(message) ?? [];
  return lacking === undefined ? (message.split("\n")[0] ?? message) : `${lacking} needs a value`;
}

/** "--data DIR", "--sensitivity quiet|normal|alert" */
export function optionText(name: string, option: CommandOption): string {
  switch (option.type) {
    case "flag":
      return `--${name}`;
    case "choice":
      return `--${name} ${option.words.join("|")}`;
    case "text":
    case "number":
      return `--${name} ${option.value}`;
  }
}

function checked(name: string, option: CommandOption, given: string | boolean): string | number | boolean {
  switch (option.type) {
    case "flag":
    case "text":
      return given;
    case "number":
      return numberOf(name, option, String(given));
    case "choice":
      if (option.words.includes(String(given))) return given;
      throw usage(`--${name} must be one of ${option.words.join(", ")}, not "${given}"`);
  }
}

function numberOf(name: string, option: NumberOption, text: string): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const fits = number >= option.min && number <= option.max && (!option.integer || Number.isInteger(number));
  if (fits) return number;
  const kind = option.integer ? "a whole number" : "a number";
  throw usage(`--${name} must be ${kind} from ${option.min} to ${option.max}, not "${text}"`);
}

function checkPositionals(expected: Positionals | undefined, words: readonly string[]): void {
  const { min, max } = expected ?? { min: 0, max: 0 };
  if (words.length < min) throw usage(`${expected?.name} is missing`);
  const surplus = words[max];
  if (surplus !== undefined) throw usage(`"${surplus}" is one word too many`);
}

/** What was typed cannot be meant: says why, in one line. */
export function usage(message: string, cause?: unknown): XnorcamError {
  return new XnorcamError("XC_USAGE", message, cause === undefined ? undefined : { cause });
}
