import type { KeyPath } from "../key-path.ts";

/** A value in a text that was parsed before, so that nothing in it can be wrong: where it begins and ends. */
export interface ValueNode {
  readonly start: number;
  readonly end: number;
  /** Of a list or an object: what is in it, by index or key, in the order of the text; null for anything else. */
  readonly entries: Map<string, Entry> | null;
}

export interface Entry {
  /** Where the key begins; in a list, the value. */
  readonly keyStart: number;
  readonly value: ValueNode;
}

const space = /(?:\s|#[^\n]*)*/y;
const text =
  /"""[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""(?:"{0,2})|'''[^']*(?:'(?!'')[^']*)*'''(?:'{0,2})|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^']*'/y;
const bare = /[^,\]}#\n]*[^,\]}#\s]/y;
const bareKey = /[^\s=:.,"'#[\]{}]+/y;

/**
 * Finds out where the values are in TOML, and in JSON without its comments; the parsers of either don't say. The two
 * differ in little: TOML's comments, quotes, and "=" for ":".
 */
export class ValueScanner {
  readonly #text: string;

  constructor(source: string) {
    this.#text = source;
  }

  /** @param at where the value begins */
  value(at: number): ValueNode {
    switch (this.#text[at]) {
      case "[":
        return this.#list(at);
      case "{":
        return this.#object(at);
      case '"':
      case "'":
        return { start: at, end: this.#match(text, at), entries: null };
      default:
        return { start: at, end: this.#match(bare, at), entries: null };
    }
  }

  /** Reads `a."b".c`, and what separates it from what follows. @returns the key, and where the next thing begins */
  key(at: number): { path: KeyPath; end: number } {
    const path: string[] = [];
    for (let next = at; ; ) {
      const isQuoted = this.#text[next] === '"' || this.#text[next] === "'";
      const end = this.#match(isQuoted ? text : bareKey, next);
      path.push(isQuoted ? unquoted(this.#text.slice(next, end)) : this.#text.slice(next, end));
      next = this.skipSpace(end);
      if (this.#text[next] !== ".") return { path, end: this.skipSpace(next + 1) };
      next = this.skipSpace(next + 1);
    }
  }

  /** Passes over white space, ends of lines and TOML's comments. */
  skipSpace(at: number): number {
    return this.#match(space, at);
  }

  #list(start: number): ValueNode {
    const entries = new Map<string, Entry>();
    let at = this.skipSpace(start + 1);
    while (this.#text[at] !== "]") {
      const value = this.value(at);
      entries.set(String(entries.size), { keyStart: at, value });
      at = this.#pastComma(value.end);
    }
    return { start, end: at + 1, entries };
  }

  #object(start: number): ValueNode {
    const entries = new Map<string, Entry>();
    let at = this.skipSpace(start + 1);
    while (this.#text[at] !== "}") {
      const keyStart = at;
      const { path, end } = this.key(at);
      const value = this.value(end);
      nest(entries, path, { keyStart, value });
      at = this.#pastComma(value.end);
    }
    return { start, end: at + 1, entries };
  }

  #pastComma(at: number): number {
    const next = this.skipSpace(at);
    return this.#text[next] === "," ? this.skipSpace(next + 1) : next;
  }

  #match(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    if (!pattern.test(this.#text)) throw new SyntaxError(`unexpected text at offset ${at}`);
    return pattern.lastIndex;
  }
}

/** `a.b = 1` in a table of one line is an `a` with a `b` in it. */
function nest(entries: Map<string, Entry>, [first, ...rest]: KeyPath, entry: Entry): void {
  if (rest.length === 0) {
    entries.set(first!, entry);
    return;
  }
  const inner = entries.get(first!)?.value.entries ?? new Map<string, Entry>();
  nest(inner, rest, entry);
  const { keyStart, value } = entry;
  entries.set(first!, { keyStart, value: { start: keyStart, end: value.end, entries: inner } });
}

function unquoted(quoted: string): string {
  try {
    return quoted.startsWith('"') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  } catch {
    // TOML has escapes that JSON lacks; no key of ours needs any.
    return quoted;
  }
}
