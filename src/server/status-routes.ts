import { Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema } from "fastify";
import { sendProblem } from "./problem.ts";
import type { StatusSource } from "./status.ts";
import { jsonObject, statusSchema } from "./status-schema.ts";

const healthRoute: FastifySchema = {
  summary: "Whether it watches",
  response: { 200: jsonObject({ ok: Type.Literal(true) }, "Frames flow; where they don't, it is a 503.") },
};
const statusRoute: FastifySchema = { summary: "How things stand", response: { 200: statusSchema } };

/** `GET /healthz` and `GET /api/v1/status`. */
export function serveStatus(app: FastifyInstance, source: StatusSource): void {
  app.get("/healthz", { config: { access: "public" }, schema: healthRoute }, (_request, reply) => {
    reply.header("cache-control", "no-store");
    const wrong = source.problem();
    return wrong === null ? reply.send({ ok: true }) : sendProblem(reply, 503, wrong);
  });
  app.get("/api/v1/status", { config: { access: "view" }, schema: statusRoute }, (_request, reply) =>
    reply.header("cache-control", "no-store").send(source.status()),
  );
}
