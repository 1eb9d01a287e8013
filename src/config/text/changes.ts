import { isDeepStrictEqual } from "node:util";
import type { KeyPath } from "../key-path.ts";

/** A key that gets another value, or goes where `value` is undefined. */
export interface Change {
  readonly path: KeyPath;
  readonly before: unknown;
  readonly value: unknown;
}

/**
 * What makes one document into another, in keys as deep as possible, so that little of a text has to be written anew.
 * Lists of equal length that hold objects are compared item by item, others change as a whole.
 */
export function changesBetween(before: unknown, after: unknown, path: KeyPath = []): Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  const isSameList = isListOfObjects(before) && isListOfObjects(after) && before.length === after.length;
  if (isSameList) {
    return after.flatMap((item, index) => changesBetween(before[index], item, [...path, String(index)]));
  }
  if (!isObject(after) || !(isObject(before) || before === undefined))
    return [{ path, before, value: after }];
  const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]);
  // A section that is empty has no key to be written with.
  if (keys.size === 0) return [{ path, before, value: after }];
  return [...keys].flatMap((key) => changesBetween(before?.[key], after[key], [...path, key]));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isListOfObjects(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}
