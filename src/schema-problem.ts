import { KindGuard, type TSchema } from "@sinclair/typebox";
import { Value, type ValueError } from "@sinclair/typebox/value";

/** The first thing that is wrong with a value: "layers.3.stride: Expected integer"; `where` names the value. */
export function schemaProblem(schema: TSchema, value: unknown, where: string): string {
  const problem = Value.Errors(schema, value).First();
  if (problem === undefined) return `${where}: is not as expected`;
  return `${where}${problem.path.replaceAll("/", ".")}: ${expectation(problem)}`;
}

/** TypeBox says of alternatives only that there are some. */
function expectation({ schema, message }: ValueError): string {
  const literals = KindGuard.IsUnion(schema) ? schema.anyOf.filter((each) => KindGuard.IsLiteral(each)) : [];
  if (literals.length === 0 || literals.length < schema.anyOf.length) return message;
  return `Expected one of ${literals.map((literal) => JSON.stringify(literal.const)).join(", ")}`;
}
