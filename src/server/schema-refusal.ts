import type { FastifySchemaValidationError } from "fastify/types/schema.js";

/** One line on what does not fit the schema of a route: "querystring/limit must be >= 1". */
export function schemaRefusal(errors: readonly FastifySchemaValidationError[], where: string): Error {
  const [first] = errors;
  if (first === undefined) return new Error(`${where} does not fit`);
  const { keyword, instancePath, message, params } = first;
  if (keyword === "additionalProperties") {
    return new Error(`${where}${instancePath}/${params.additionalProperty} is not known here`);
  }
  return new Error(`${where}${instancePath} ${message}`);
}
