import type { XnorcamError } from "../errors.ts";
import { type CfgSection, darknetError } from "./cfg.ts";

/** What any section may have for training or for tools of Darknet's, and nothing else. */
const trainingKeys: ReadonlySet<string> = new Set([
  ...["burnin_update", "clip", "dontsave", "grad_centr", "learning_rate", "onlyforward", "smooth"],
  ...["stopbackward", "train_only_bn", "truth"],
]);

/** Reads the options of a section, each of them checked; errors name file, line and section. */
export class Options {
  readonly #section: CfgSection;
  readonly #source: string;
  readonly #asked = new Set<string>();

  constructor(section: CfgSection, source: string) {
    this.#section = section;
    this.#source = source;
  }

  /**
   * A whole number.
   * @param fallback where it isn't given; without one it must be
   * @throws XnorcamError XC_DARKNET_INVALID
   */
  int(key: string, limits: { min: number; max: number }, fallback?: number): number {
    const value = this.number(key, limits, fallback);
    if (!Number.isInteger(value)) throw this.error(`${key} is ${value}, expected a whole number`, key);
    return value;
  }

  /** As `int`, with fractions. */
  number(key: string, { min, max }: { min: number; max: number }, fallback?: number): number {
    const text = this.#text(key);
    if (text === undefined && fallback !== undefined) return fallback;
    if (text === undefined) throw this.error(`${key} is missing`);
    const value = numberOf(text);
    if (value >= min && value <= max) return value;
    throw this.error(`${key} is ${text}, expected a number from ${min} to ${max}`, key);
  }

  /** One of a few words. */
  word<Word extends string>(key: string, words: readonly Word[], fallback: Word): Word {
    const text = this.#text(key) ?? fallback;
    const word = words.find((known) => known === text);
    if (word === undefined) throw this.error(`${key} is ${text}, known are ${words.join(", ")}`, key);
    return word;
  }

  /** Numbers with commas between them; undefined where there are none. */
  numbers(key: string): number[] | undefined {
    const text = this.#text(key);
    if (text === undefined) return undefined;
    const numbers = text.replace(/,$/, "").split(",").map(numberOf);
    if (numbers.some(Number.isNaN)) throw this.error(`${key} is ${text}, expected numbers with commas`, key);
    return numbers;
  }

  /** What Darknet knows and this program does not: it may be there, with the value that changes nothing. */
  only(values: Readonly<Record<string, number>>): void {
    for (const [key, value] of Object.entries(values)) {
      const text = this.#text(key);
      if (text === undefined || numberOf(text) === value) continue;
      throw this.error(`${key}=${text} is not supported, only ${key}=${value}`, key);
    }
  }

  /**
   * Refuses what was not asked for: it could change what the network computes.
   * @param training keys that matter in training only
   */
  finish(training: readonly string[] = []): void {
    const ignored = (key: string) => trainingKeys.has(key) || training.includes(key);
    const unknown = [...this.#section.options.keys()].find((key) => !this.#asked.has(key) && !ignored(key));
    if (unknown !== undefined) throw this.error(`${unknown} is not known here`, unknown);
  }

  /** @param key of the line to name; without it, the section's */
  error(message: string, key?: string): XnorcamError {
    const { name, line, options } = this.#section;
    const at = (key === undefined ? undefined : options.get(key)?.line) ?? line;
    return darknetError(this.#source, `line ${at}, [${name}]: ${message}`);
  }

  #text(key: string): string | undefined {
    this.#asked.add(key);
    return this.#section.options.get(key)?.text;
  }
}

/** NaN for what is no number: `Number` takes an empty text for 0. */
function numberOf(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}
