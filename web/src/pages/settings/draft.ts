import type { SettingSchema } from "../../../../src/server/wire.ts";

/** Where a value is in the settings: `["outputs", "0", "gpio"]`. */
export type Path = readonly string[];

type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy in which the value at the path is another; undefined takes it out. */
export function withValue(whole: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(whole)) {
    const index = Number(step);
    return rest.length === 0 && value === undefined
      ? whole.toSpliced(index, 1)
      : whole.with(index, withValue(whole[index], rest, value));
  }
  const { [step]: old, ...others } = isTree(whole) ? whole : {};
  const next = withValue(old, rest, value);
  if (next === undefined) return others;
  // In the order in which it was, where it was.
  return isTree(whole) && step in whole ? { ...whole, [step]: next } : { ...others, [step]: next };
}

/** What makes `before` into `after`, as a JSON merge patch (RFC 7396); null where they are the same. */
export function mergePatch(before: Tree, after: Tree): Tree | null {
  const patch: Tree = {};
  for (const key of Object.keys({ ...before, ...after })) {
    const [old, next] = [before[key], after[key]];
    if (JSON.stringify(old) === JSON.stringify(next)) continue;
    // Null takes a key out, which for a setting means its default.
    patch[key] = isTree(old) && isTree(next) ? mergePatch(old, next) : (next ?? null);
  }
  return Object.keys(patch).length === 0 ? null : patch;
}

/** What a new entry of a list begins with. */
export function initialValue(schema: SettingSchema): unknown {
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, property]) => [key, initialValue(property)]),
    );
  }
  if (schema.default !== undefined) return structuredClone(schema.default);
  if (schema.const !== undefined) return schema.const;
  if (schema.anyOf?.[0]) return initialValue(schema.anyOf[0]);
  if (schema.type === "array") return [];
  if (schema.type === "boolean") return false;
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 0;
  return schema.examples?.[0] ?? "";
}

/** "outputs.0.gpio", whether the camera wrote it so, as "outputs[0].gpio", or as the pointer "/outputs/0/gpio". */
export function pathKey(path: string): string {
  return path
    .split(/[./[\]]+/)
    .filter((step) => step !== "")
    .join(".");
}
