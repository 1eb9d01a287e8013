import type { KeyPath } from "../key-path.ts";
import { changesBetween } from "./changes.ts";
import { withoutComments } from "./json-comments.ts";
import { type ValueNode, ValueScanner } from "./value-scanner.ts";

/**
 * Writes into a JSON text with comments what makes the document `before`, which it says, into `after`. Comments and
 * order of everything else stay. Whoever uses it must parse the outcome and look whether it says `after`.
 */
export function editJson(text: string, before: unknown, after: unknown): string {
  return changesBetween(before, after).reduce((edited, { path, value }) => apply(edited, path, value), text);
}

function apply(text: string, path: KeyPath, value: unknown): string {
  const plain = withoutComments(text);
  const scanner = new ValueScanner(plain);
  let node = scanner.value(scanner.skipSpace(0));
  for (const [depth, step] of path.entries()) {
    const inner = node.entries?.get(step);
    const isLast = depth === path.length - 1;
    if (inner === undefined) {
      const nested = path.slice(depth + 1).reduceRight((content, key) => ({ [key]: content }), value);
      return insert(text, plain, node, step, nested);
    }
    if (isLast && value === undefined) return remove(text, plain, node, step);
    node = inner.value;
  }
  return text.slice(0, node.start) + inJson(value, indentAt(text, node.start)) + text.slice(node.end);
}

/** As the last member of an object. */
function insert(text: string, plain: string, object: ValueNode, key: string, value: unknown): string {
  const last = [...(object.entries ?? [])].at(-1)?.[1];
  const isOnOwnLine = last === undefined || text.slice(object.start, last.keyStart).includes("\n");
  const outer = indentAt(text, object.start);
  const indent = last === undefined || !isOnOwnLine ? `${outer}  ` : indentAt(text, last.keyStart);
  const member = `${JSON.stringify(key)}: ${inJson(value, indent)}`;
  if (last === undefined) {
    // Where only comments are in it, the member comes before the brace.
    const end = object.start + 1 + plain.slice(object.start + 1, object.end - 1).trimEnd().length;
    return `${text.slice(0, end)}\n${indent}${member}\n${outer}${text.slice(end).trimStart()}`;
  }
  const { end } = last.value;
  if (!isOnOwnLine) return `${text.slice(0, end)}, ${member}${text.slice(end)}`;
  // A comment behind the last member stays with it.
  const lineEnd = plain.indexOf("\n", end);
  const at = lineEnd === -1 || lineEnd >= object.end ? end : lineEnd;
  return `${text.slice(0, end)},${text.slice(end, at).trimEnd()}\n${indent}${member}${text.slice(at)}`;
}

/** With the comma that separates it from its neighbor. */
function remove(text: string, plain: string, object: ValueNode, key: string): string {
  const entries = [...(object.entries ?? [])];
  const index = entries.findIndex(([other]) => other === key);
  const { keyStart, value } = entries[index]![1];
  const comma = plain.indexOf(",", value.end);
  const isLast = index === entries.length - 1;
  if (!isLast) return text.slice(0, keyStart) + text.slice(comma + 1).trimStart();
  const before = entries[index - 1]?.[1].value.end;
  if (before === undefined) return text.slice(0, keyStart).trimEnd() + text.slice(value.end).trimStart();
  // A comment behind the member before stays with it; only the comma goes.
  const between = plain.indexOf(",", before);
  const kept = text.slice(0, between) + text.slice(between + 1, keyStart).trimEnd();
  return kept + text.slice(value.end);
}

function inJson(value: unknown, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
}

/** White space at the beginning of the line. */
function indentAt(text: string, at: number): string {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, at))![0];
}
