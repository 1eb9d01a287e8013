import fastifyStatic from "@fastify/static";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { LiveHub } from "./live-hub.ts";
import { serveLiveSocket } from "./live-socket.ts";
import { serveMjpeg } from "./mjpeg.ts";
import { problem, problemType } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";
import type { StatusSource } from "./status.ts";

export interface AppParts {
  source: StatusSource;
  hub: LiveHub;
  clock: Clock;
  log: Pick<Logger, "error">;
  /** Folder of the dashboard: index.html, style.css, favicon.svg, dist/*.js. */
  webRoot: string;
}

/** No request needs a body. */
const bodyLimitBytes = 1024;
/** A browser opens up to six connections. */
const maxConnections = 512;
/** Of the folder `web/`, which also holds sources. */
const publicFiles = /^\/(index\.html|style\.css|favicon\.svg|dist\/[\w-]+\.js)?$/;

/** The whole HTTP interface, not listening yet. */
export async function createApp({ source, hub, clock, log, webRoot }: AppParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    // Time for a request to arrive completely; it doesn't limit how long a stream goes on.
    requestTimeout: 10_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5000 },
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    // A malformed address, such as a broken percent escape.
    frameworkErrors: (_error, request, reply) => notFound(request.url, reply),
  });
  app.server.maxConnections = maxConnections;

  app.addHook("onRequest", async (_request, reply) => void reply.headers(securityHeaders));
  app.setNotFoundHandler((request, reply) => notFound(request.url, reply));
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, error.message);
    log.error(`${request.method} ${request.url} failed: ${error.stack ?? error.message}`);
    return sendProblem(reply, status, "something went wrong in the camera; its log says more");
  });

  await app.register(fastifyStatic, {
    root: webRoot,
    allowedPath: (path) => publicFiles.test(path),
    // The files change with an update: ask each time, answered by 304.
    maxAge: 0,
  });
  app.get("/healthz", (_request, reply) => {
    reply.header("cache-control", "no-store");
    const wrong = source.problem();
    return wrong === null ? reply.send({ ok: true }) : sendProblem(reply, 503, wrong);
  });
  app.get("/api/v1/status", (_request, reply) =>
    reply.header("cache-control", "no-store").send(source.status()),
  );
  serveMjpeg(app, hub, clock);
  serveLiveSocket(app.server, hub, clock);
  return app;
}

function notFound(url: string, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 404, `there is nothing at ${url.split("?", 1)[0]}`);
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.headers(securityHeaders).code(status).type(problemType).send(problem(status, detail));
}
