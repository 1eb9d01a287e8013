import type { KeyPath } from "../key-path.ts";
import { type ValueNode, ValueScanner } from "./value-scanner.ts";

/** A `[header]` or `[[header]]` and the lines that belong to it; the first one is what comes before any header. */
export interface Section {
  /** With the index of each `[[item]]`: `["alarm", "zones", "0"]`. */
  readonly path: KeyPath;
  readonly start: number;
  /** After its last line with a key, or its header; comments may follow. */
  end: number;
}

/** `key = value` */
export interface Statement {
  /** From the root on. */
  readonly path: KeyPath;
  readonly section: Section;
  readonly start: number;
  /** After the end of its last line. */
  readonly end: number;
  readonly value: ValueNode;
}

export interface TomlOutline {
  readonly sections: readonly [Section, ...Section[]];
  readonly statements: readonly Statement[];
}

/** Where everything is in a TOML document that a parser has accepted. @throws SyntaxError for another */
export function outlineToml(toml: string): TomlOutline {
  const scanner = new ValueScanner(toml);
  const root: Section = { path: [], start: 0, end: 0 };
  const sections: [Section, ...Section[]] = [root];
  const statements: Statement[] = [];
  /** Of each list of tables, how many items there are so far. */
  const items = new Map<string, number>();
  let section = root;
  for (let at = scanner.skipSpace(0); at < toml.length; at = scanner.skipSpace(at)) {
    const start = at;
    if (toml[at] === "[") {
      const isItem = toml[at + 1] === "[";
      const { path: named } = scanner.key(scanner.skipSpace(at + (isItem ? 2 : 1)));
      at = afterLine(toml, toml.indexOf("]", at));
      section = { path: resolved(named, items, isItem), start, end: at };
      sections.push(section);
    } else {
      const { path, end } = scanner.key(at);
      const value = scanner.value(end);
      at = afterLine(toml, value.end);
      statements.push({ path: [...section.path, ...path], section, start, end: at, value });
      section.end = at;
    }
  }
  return { sections, statements };
}

/** `alarm.zones` → `alarm.zones.1`, where the second of them was begun last. */
function resolved(named: KeyPath, items: Map<string, number>, isItem: boolean): KeyPath {
  let path: string[] = [];
  for (const [depth, step] of named.entries()) {
    path = [...path, step];
    const key = JSON.stringify(path);
    const isNew = isItem && depth === named.length - 1;
    if (isNew) items.set(key, (items.get(key) ?? 0) + 1);
    const count = items.get(key);
    if (count !== undefined) path = [...path, String(count - 1)];
  }
  return path;
}

function afterLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}
