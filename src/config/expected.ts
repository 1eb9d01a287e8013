import { KindGuard, type TArray, type TSchema } from "@sinclair/typebox";

/** What a value of the schema looks like, in words: "a whole number from 1 to 5", for messages and docs. */
export function expectedBy(schema: TSchema): string {
  if (KindGuard.IsUnion(schema)) return oneOf(schema.anyOf);
  if (KindGuard.IsInteger(schema))
    return `${schema.multipleOf === 2 ? "an even" : "a whole"} number${range(schema)}`;
  if (KindGuard.IsNumber(schema)) return `a number${range(schema)}`;
  if (KindGuard.IsBoolean(schema)) return "true or false";
  if (KindGuard.IsArray(schema)) return listOf(schema);
  if (KindGuard.IsObject(schema)) return `a section with ${Object.keys(schema.properties).join(", ")}`;
  return "text in quotes, not empty";
}

function oneOf(alternatives: readonly TSchema[]): string {
  const [only, ...others] = alternatives.filter((alternative) => !KindGuard.IsNull(alternative));
  if (only !== undefined && others.length === 0) return expectedBy(only);
  return `one of ${alternatives.map((alternative) => JSON.stringify(alternative.const)).join(", ")}`;
}

function range({ minimum, maximum }: { minimum?: number; maximum?: number }): string {
  return `${minimum === undefined ? "" : ` from ${minimum}`}${maximum === undefined ? "" : ` to ${maximum}`}`;
}

function listOf({ items, minItems = 0, maxItems, uniqueItems = false }: TArray): string {
  if (minItems === maxItems) return `a list of ${minItems}, each: ${expectedBy(items)}`;
  const length = minItems > 0 ? `, at least ${minItems}` : "";
  return `a list${length}${uniqueItems ? ", no two the same" : ""}, of: ${expectedBy(items)}`;
}
