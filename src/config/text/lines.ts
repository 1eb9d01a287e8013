import type { KeyPath } from "../key-path.ts";
import type { ConfigFormat } from "../read-config-file.ts";
import { withoutComments } from "./json-comments.ts";
import { outlineToml } from "./toml-outline.ts";
import { type ValueNode, ValueScanner } from "./value-scanner.ts";

/** Says in which line of a settings file a key is. */
export class KeyLines {
  readonly #text: string;
  /** Where each key begins. */
  readonly #starts = new Map<string, number>();

  /** @param text that a parser has accepted */
  constructor(text: string, format: ConfigFormat) {
    this.#text = text;
    if (format === "toml") this.#addToml();
    else {
      const scanner = new ValueScanner(withoutComments(text));
      this.#addEntries([], scanner.value(scanner.skipSpace(0)));
    }
  }

  /** Of the key or, where the file does not have it, what is around it: counts from 1; null for the file itself. */
  lineOf(path: KeyPath): number | null {
    for (let depth = path.length; depth > 0; depth--) {
      const start = this.#starts.get(JSON.stringify(path.slice(0, depth)));
      if (start !== undefined) return this.#text.slice(0, start).split("\n").length;
    }
    return null;
  }

  #addToml(): void {
    const { sections, statements } = outlineToml(this.#text);
    for (const { path, start } of sections) this.#add(path, start);
    for (const { path, start, value } of statements) {
      this.#add(path, start);
      this.#addEntries(path, value);
    }
  }

  #addEntries(path: KeyPath, { entries }: ValueNode): void {
    for (const [key, { keyStart, value }] of entries ?? []) {
      this.#starts.set(JSON.stringify([...path, key]), keyStart);
      this.#addEntries([...path, key], value);
    }
  }

  /** Also what a dotted key or header implies: `[alarm.zones]` begins `alarm`, unless that began before. */
  #add(path: KeyPath, start: number): void {
    for (let depth = 1; depth <= path.length; depth++) {
      const key = JSON.stringify(path.slice(0, depth));
      if (!this.#starts.has(key)) this.#starts.set(key, start);
    }
  }
}
