import type { SettingSchema } from "../../../../src/server/wire.ts";

/** How a setting is asked for. */
export type SettingKind =
  | { kind: "group"; properties: Readonly<Record<string, SettingSchema>> }
  | { kind: "list"; items: SettingSchema }
  /** Names that people choose, and a value for each. */
  | { kind: "table"; values: SettingSchema }
  | { kind: "choice"; words: readonly (string | number)[] }
  | { kind: "choices"; words: readonly (string | number)[] }
  | { kind: "lines" | "numbers" | "switch" | "secret" | "text" | "json" }
  | { kind: "number"; whole: boolean };

/** @returns the kind, and whether nothing at all may be said */
export function kindOfSetting(schema: SettingSchema): SettingKind & { optional: boolean } {
  const isNull = ({ type }: SettingSchema): boolean => type === "null";
  const others = schema.anyOf?.filter((each) => !isNull(each)) ?? [];
  const optional = schema.anyOf?.some(isNull) ?? false;
  const [only] = others;
  if ([schema, ...others].some(({ writeOnly }) => writeOnly)) return { kind: "secret", optional };
  if (optional && others.length === 1) return { ...simpleKind(only!), optional };
  return { ...simpleKind(schema), optional };
}

function simpleKind(schema: SettingSchema): SettingKind {
  const words = wordsOf(schema);
  if (words !== null) return { kind: "choice", words };
  if (schema.properties) return { kind: "group", properties: schema.properties };
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values) return { kind: "table", values };
  switch (schema.type) {
    case "boolean":
      return { kind: "switch" };
    case "integer":
    case "number":
      return { kind: "number", whole: schema.type === "integer" };
    case "string":
      return { kind: "text" };
    case "array":
      return listKind(schema);
    default:
      return { kind: "json" };
  }
}

function listKind({ items }: SettingSchema): SettingKind {
  if (items === undefined || Array.isArray(items)) return { kind: "json" };
  const words = wordsOf(items);
  if (words !== null) return { kind: "choices", words };
  if (items.properties) return { kind: "list", items };
  if (items.type === "string") return { kind: "lines" };
  if (items.type === "number" || items.type === "integer") return { kind: "numbers" };
  return { kind: "json" };
}

/** The few values of which it is one, if so. */
function wordsOf({ anyOf }: SettingSchema): readonly (string | number)[] | null {
  if (!anyOf || anyOf.length === 0) return null;
  const words = anyOf.map((each) => each.const);
  return words.every((word) => typeof word === "string" || typeof word === "number") ? words : null;
}
