import { isDeepStrictEqual } from "node:util";
import { isWithin, type KeyPath } from "../key-path.ts";
import { type Change, changesBetween, isListOfObjects, isObject } from "./changes.ts";
import { outlineToml, type Section, type TomlOutline } from "./toml-outline.ts";

/**
 * Writes into a TOML text what makes the document `before`, which it says, into `after`. Comments, order and spelling
 * of everything else stay. It does not know every way in which TOML can say a thing: whoever uses it must parse the
 * outcome and look whether it says `after`.
 */
export function editToml(text: string, before: unknown, after: unknown): string {
  return changesBetween(before, after).reduce((edited, change) => apply(edited, change, after), text);
}

function apply(text: string, change: Change, after: unknown): string {
  const outline = outlineToml(text);
  const { path, value } = change;
  const around = outline.statements.find((one) => isWithin(path, one.path));
  if (around !== undefined) {
    const whole = valueAt(after, around.path);
    if (whole === undefined) return replace(text, around.start, around.end, "");
    return replace(text, around.value.start, around.value.end, inlineToml(whole));
  }
  if (isListOfObjects(value)) return applyToItems(text, outline, { ...change, value });
  if (value === undefined) return remove(text, outline, path);
  if (Array.isArray(change.before)) {
    // Its items were sections, and go.
    const without = remove(text, outline, path);
    return insert(without, outlineToml(without), path, value);
  }
  return insert(text, outline, path, value);
}

interface ItemsChange extends Change {
  readonly value: readonly Record<string, unknown>[];
}

/** The list is one of `[[…]]`: the items at its beginning and end that stay the same are left alone. */
function applyToItems(
  text: string,
  outline: TomlOutline,
  { path, before, value: items }: ItemsChange,
): string {
  const old: unknown[] = Array.isArray(before) ? before : [];
  const shorter = Math.min(old.length, items.length);
  let same = 0;
  while (same < shorter && isDeepStrictEqual(old[same], items[same])) same++;
  let last = 0;
  while (last < shorter - same && isDeepStrictEqual(old.at(-1 - last), items.at(-1 - last))) last++;
  const sectionsOf = (index: number) =>
    outline.sections.filter((section) => isWithin(section.path, [...path, String(index)]));
  const added = items
    .slice(same, items.length - last)
    .map((item) => `[[${keysInToml(path)}]]\n${linesOf(item)}`)
    .join("\n");
  const afterItem = same > 0 ? sectionsOf(same - 1).at(-1) : undefined;
  const beforeItem = same < old.length ? sectionsOf(same)[0] : undefined;
  const at = afterItem?.end ?? beforeItem?.start ?? text.length;
  const gone = old.slice(same, old.length - last).flatMap((_, index) => sectionsOf(same + index));
  // From the back, so that the positions before stay what they are.
  const kept = gone.toReversed().reduce((rest, { start, end }) => replace(rest, start, end, ""), text);
  const shift = gone.filter(({ start }) => start < at).reduce((sum, { start, end }) => sum + end - start, 0);
  if (added === "") return kept;
  return insertBlock(kept, at - shift, added);
}

/** The key with everything in it, in whatever sections that is. */
function remove(text: string, { sections, statements }: TomlOutline, path: KeyPath): string {
  const gone = [
    ...sections.filter((section) => isWithin(section.path, path)),
    ...statements.filter((one) => isWithin(one.path, path) && !isWithin(one.section.path, path)),
  ].sort((a, b) => b.start - a.start);
  return gone.reduce((rest, { start, end }) => replace(rest, start, end, ""), text);
}

function insert(text: string, { sections, statements }: TomlOutline, path: KeyPath, value: unknown): string {
  const parent = path.slice(0, -1);
  const section = sections.findLast((one) => isWithin(one.path, parent) && one.path.length === parent.length);
  if (section !== undefined) return insertLine(text, section, path, value);
  // Where a dotted key has begun the section, a header would begin it a second time.
  const dotted = statements.findLast(
    (one) => isWithin(one.path, parent) && one.section.path.length < parent.length,
  );
  if (dotted !== undefined) return insertLine(text, dotted.section, path, value);
  return insertBlock(text, text.length, `[${keysInToml(parent)}]\n${lineOf(path.slice(-1), value)}`);
}

function insertLine(text: string, section: Section, path: KeyPath, value: unknown): string {
  const line = lineOf(path.slice(section.path.length), value);
  const at = section.end === 0 ? afterTitle(text) : section.end;
  const isOpen = at > 0 && text[at - 1] !== "\n";
  return replace(text, at, at, `${isOpen ? "\n" : ""}${line}`);
}

/** After the comment on the whole file, which an empty line separates from that on the first section. */
function afterTitle(text: string): number {
  return /^(?:#[^\n]*\n)+(?=[ \t\r]*\n)/.exec(text)?.[0].length ?? 0;
}

/** With an empty line around it. */
function insertBlock(text: string, at: number, block: string): string {
  const before = text.slice(0, at);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const isLast = text.slice(at).trim() === "";
  return replace(text, at, at, `${gap}${block}${isLast || text[at] === "\n" ? "" : "\n"}`);
}

function linesOf(item: Record<string, unknown>): string {
  return Object.entries(item)
    .map(([key, value]) => lineOf([key], value))
    .join("");
}

function lineOf(path: KeyPath, value: unknown): string {
  return `${keysInToml(path)} = ${inlineToml(value)}\n`;
}

/** The indexes of list items are no part of a header: the last item is meant. */
function keysInToml(path: KeyPath): string {
  return path
    .filter((step) => !/^\d+$/.test(step))
    .map((step) => (/^[\w-]+$/.test(step) ? step : JSON.stringify(step)))
    .join(".");
}

function inlineToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineToml).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${keysInToml([key])} = ${inlineToml(inner)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function valueAt(document: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<string, unknown> | undefined)?.[step],
    document,
  );
}

function replace(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
