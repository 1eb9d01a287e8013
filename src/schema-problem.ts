import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

/** The first thing that is wrong with a value: "layers.3.stride: Expected integer"; `where` names the value. */
export function schemaProblem(schema: TSchema, value: unknown, where: string): string {
  const problem = Value.Errors(schema, value).First();
  return `${where}${problem?.path.replaceAll("/", ".") ?? ""}: ${problem?.message ?? "is not as expected"}`;
}
