import { isDeepStrictEqual } from "node:util";
import { KindGuard, type TSchema } from "@sinclair/typebox";
import { withoutCredentials } from "../redact.ts";
import { type KeyPath, keyInWords, type SettingsProblem } from "./key-path.ts";
import { isObject } from "./text/changes.ts";

/** Stands for a secret that is set. */
const mask = "set";

/**
 * Settings as they may be shown: in place of a secret, whose schema says `writeOnly`, null or "set"; addresses without
 * the user name and password in them.
 */
export function masked(schema: TSchema, value: unknown): unknown {
  const inner = innerSchema(schema);
  if (inner.writeOnly === true) return value === null || value === undefined ? null : mask;
  if (typeof value === "string") return withoutCredentials(value);
  if (Array.isArray(value)) return value.map((item) => masked(itemSchema(inner), item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, masked(memberSchema(inner, key), member)]),
  );
}

/**
 * A patch with the secrets themselves where it has what stands for them, so that a page may send back what it was
 * shown. An item of a list is the one that looks like it or, where it was changed, has its name; without names, its place.
 * @param value that is patched
 */
export function unmasked(schema: TSchema, patch: unknown, value: unknown): unknown {
  const inner = innerSchema(schema);
  if (typeof patch === "string") {
    return value !== undefined && value !== null && patch === masked(inner, value) ? value : patch;
  }
  if (Array.isArray(patch)) {
    const items: unknown[] = Array.isArray(value) ? value : [];
    const schemaOfItem = itemSchema(inner);
    return patch.map((item, index) => {
      const same = items.find((other) => isDeepStrictEqual(masked(schemaOfItem, other), item));
      return unmasked(schemaOfItem, item, same ?? namesake(items, item, index));
    });
  }
  if (!isObject(patch)) return patch;
  return Object.fromEntries(
    Object.entries(patch).map(([key, member]) => [
      key,
      unmasked(memberSchema(inner, key), member, isObject(value) ? value[key] : undefined),
    ]),
  );
}

/** A secret must not go to another item that took the place: what has a name is found by it alone. */
function namesake(items: readonly unknown[], item: unknown, index: number): unknown {
  const name = nameOf(item);
  return name === undefined ? items[index] : items.find((other) => nameOf(other) === name);
}

function nameOf(item: unknown): unknown {
  return isObject(item) ? item.name : undefined;
}

/** Secrets that are still what stands for one: there was none in their place. */
export function danglingMasks(schema: TSchema, value: unknown, path: KeyPath = []): SettingsProblem[] {
  const inner = innerSchema(schema);
  if (inner.writeOnly === true) {
    if (value !== mask) return [];
    const message = `${keyInWords(path)} is "${mask}", which stands for a secret, and there is none yet: expected the secret itself`;
    return [{ path, message }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => danglingMasks(itemSchema(inner), item, [...path, String(index)]));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    danglingMasks(memberSchema(inner, key), member, [...path, key]),
  );
}

/** Whether a secret is among the settings, or an address that may hold one. */
export function hasSecrets(schema: TSchema, value: unknown): boolean {
  return !isDeepStrictEqual(masked(schema, value), emptied(schema, value));
}

function emptied(schema: TSchema, value: unknown): unknown {
  const inner = innerSchema(schema);
  if (inner.writeOnly === true) return null;
  if (Array.isArray(value)) return value.map((item) => emptied(itemSchema(inner), item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, emptied(memberSchema(inner, key), member)]),
  );
}

const unknown: TSchema = {} as TSchema;

/** Of what may be null, what it is otherwise. */
function innerSchema(schema: TSchema): TSchema {
  if (!KindGuard.IsUnion(schema) || schema.writeOnly === true) return schema;
  return schema.anyOf.find((alternative) => !KindGuard.IsNull(alternative)) ?? schema;
}

function itemSchema(schema: TSchema): TSchema {
  return KindGuard.IsArray(schema) ? schema.items : unknown;
}

function memberSchema(schema: TSchema, key: string): TSchema {
  return KindGuard.IsObject(schema) ? (schema.properties[key] ?? unknown) : unknown;
}
