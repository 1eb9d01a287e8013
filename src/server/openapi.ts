import swagger from "@fastify/swagger";
import { type TSchema, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { packageVersion } from "../version.ts";
import { problemSchema, problemType } from "./problem.ts";

/** An answer that is no JSON, in the schema of a route. */
export function answerOf(mediaType: string, description: string, schema: TSchema = Type.String()) {
  return { description, content: { [mediaType]: { schema } } };
}

const anyError = answerOf(problemType, "Why not, in one sentence.", Type.Ref("Problem#"));

/**
 * `GET /api/v1/openapi.json`: every route with the schemas that check what it is sent. Must be registered before the
 * routes. Answers are described by their schemas, not made by them: JSON goes out as it is.
 */
export async function serveOpenapi(app: FastifyInstance): Promise<void> {
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addSchema({ $id: "Problem", ...problemSchema });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Xnorcam",
        version: packageVersion(),
        description:
          "A security camera. The live stream, a WebSocket at /api/v1/live, is described in docs/http.md, which OpenAPI can't.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          session: { type: "apiKey", in: "cookie", name: "xnorcam", description: "From POST /api/v1/login." },
          token: { type: "http", scheme: "bearer", description: "An API token." },
        },
      },
    },
    refResolver: { buildLocalReference: ({ $id }, _base, _fragment, index) => String($id ?? `def-${index}`) },
    transform: ({ schema, url, route }) => ({ url, schema: described(schema ?? {}, route) }),
  });
  app.get(
    "/api/v1/openapi.json",
    {
      config: { access: "view" },
      schema: {
        summary: "This description",
        response: { 200: Type.Unknown({ description: "An OpenAPI 3.1 document." }) },
      },
    },
    () => app.swagger(),
  );
}

/** What every route has in common: who may use it, and what its errors look like. */
function described(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const access = route.config?.access ?? "admin";
  const right = access === "public" ? "Everybody may." : `Takes the right "${access}".`;
  return {
    ...schema,
    description: [schema.description, right].filter(Boolean).join(" "),
    security: access === "public" ? [] : [{ session: [] }, { token: [] }],
    response: { ...(schema.response as object | undefined), default: anyError },
  };
}
