import { fastify } from "fastify";

interface Operation {
  summary?: string;
  description?: string;
  parameters?: { in: string; name: string }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

/** What of `GET /api/v1/openapi.json` tests look at. */
export interface OpenapiDocument {
  openapi: string;
  /** By path and method in small letters. */
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/**
 * What does not fit its JSON Schema in a value, in the words of the validator that checks requests, which changes nothing
 * here; null where all fits.
 */
export async function complaintAbout(value: unknown, schema: object): Promise<string | null> {
  const customOptions = { coerceTypes: false, removeAdditional: false, useDefaults: false };
  const checker = fastify({ ajv: { customOptions }, bodyLimit: 1e7 });
  checker.post("/", { schema: { body: schema } }, () => null);
  const answer = await checker.inject({
    method: "POST",
    url: "/",
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(value),
  });
  await checker.close();
  return answer.statusCode === 200 ? null : (answer.json() as { message: string }).message;
}
