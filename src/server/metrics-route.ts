import type { FastifyInstance, FastifySchema } from "fastify";
import { answerOf } from "./openapi.ts";

/** Says how the camera does, for Prometheus. */
export interface MetricsSource {
  render(): Promise<{ text: string; contentType: string }>;
}

/** `GET /metrics`, where Prometheus looks for it. */
export function serveMetrics(app: FastifyInstance, metrics: MetricsSource): void {
  const schema: FastifySchema = {
    summary: "How the camera does, for Prometheus",
    response: { 200: answerOf("text/plain", "Text format 0.0.4.") },
  };
  app.get("/metrics", { config: { access: "view" }, schema }, async (_request, reply) => {
    const { text, contentType } = await metrics.render();
    return await reply.header("cache-control", "no-store").type(contentType).send(text);
  });
}
