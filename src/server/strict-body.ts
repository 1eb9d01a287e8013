import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { FastifySchema, FastifySchemaCompiler } from "fastify";

/**
 * Checks a body as it came. Fastify's own check makes of a value what the schema asks for, which is right for the query
 * of an address, where all is text; of JSON it would take `null` for `false` and 7 for "7".
 */
export const strictBody: FastifySchemaCompiler<FastifySchema> = ({ schema }) => {
  return (body) => {
    const error = Value.Errors(schema as TSchema, body).First();
    if (error === undefined) return { value: body };
    return { error: new Error(`body${error.path}: ${error.message.toLowerCase()}`) };
  };
};
