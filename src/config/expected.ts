import { KindGuard, type TArray, type TSchema } from "@sinclair/typebox";

/** What a value of the schema looks like, in words: "a whole number from 1 to 5", for messages and docs. */
export function expectedBy(schema: TSchema): string {
  if (KindGuard.IsUnion(schema)) return oneOf(schema.anyOf);
  if (KindGuard.IsInteger(schema))
    return `${schema.multipleOf === 2 ? "an even" : "a whole"} number${range(schema)}`;
  if (KindGuard.IsNumber(schema)) return `a number${range(schema)}`;
  if (KindGuard.IsBoolean(schema)) return "true or false";
  if (KindGuard.IsArray(schema)) return listOf(schema);
  if (KindGuard.IsTuple(schema))
    return `a list of ${schema.items?.length}, each: ${expectedBy(schema.items![0]!)}`;
  if (KindGuard.IsRecord(schema))
    return `a section, each of its keys: ${expectedBy(Object.values(schema.patternProperties)[0]!)}`;
  if (KindGuard.IsObject(schema)) return `a section with ${Object.keys(schema.properties).join(", ")}`;
  if ((schema.minLength ?? 0) > 1) return `text of at least ${schema.minLength} characters`;
  const examples = ((schema.examples ?? []) as readonly string[]).map((each) => JSON.stringify(each));
  return examples.length === 0 ? "text in quotes, not empty" : `text such as ${examples.join(", ")}`;
}

function oneOf(alternatives: readonly TSchema[]): string {
  const [only, ...others] = alternatives.filter((alternative) => !KindGuard.IsNull(alternative));
  if (only !== undefined && others.length === 0) return expectedBy(only);
  const words = alternatives.map((each) =>
    KindGuard.IsLiteral(each) ? JSON.stringify(each.const) : expectedBy(each),
  );
  return `one of ${words.join(", ")}`;
}

function range({ minimum, maximum }: { minimum?: number; maximum?: number }): string {
  return `${minimum === undefined ? "" : ` from ${minimum}`}${maximum === undefined ? "" : ` to ${maximum}`}`;
}

function listOf({ items, minItems = 0, maxItems, uniqueItems = false }: TArray): string {
  if (minItems === maxItems) return `a list of ${minItems}, each: ${expectedBy(items)}`;
  const least = minItems > 0 ? `, at least ${minItems}` : "";
  const length = `${least}${maxItems === undefined ? "" : `, at most ${maxItems}`}`;
  return `a list${length}${uniqueItems ? ", no two the same" : ""}, of: ${expectedBy(items)}`;
}
