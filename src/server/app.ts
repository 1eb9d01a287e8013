import fastifyStatic from "@fastify/static";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { HostCheck } from "./host-check.ts";
import type { LiveHub } from "./live-hub.ts";
import { serveLiveSocket } from "./live-socket.ts";
import { serveMjpeg } from "./mjpeg.ts";
import { type Problem, problem, problemType } from "./problem.ts";
import { answerRaw } from "./raw-answer.ts";
import { securityHeaders } from "./security-headers.ts";
import type { StatusSource } from "./status.ts";

export interface AppParts {
  source: StatusSource;
  hub: LiveHub;
  /** Names under which browsers may reach the server, besides those of the machine. */
  hostNames: readonly string[];
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
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { source, hub, hostNames, clock, log, webRoot } = parts;
  const hosts = new HostCheck(hostNames);
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    // Time for a request to arrive completely; it doesn't limit how long a stream goes on.
    requestTimeout: 10_000,
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5000,
      // Node would answer without a word; the check of the host says what is missing.
      requireHostHeader: false,
    },
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    // A malformed address, such as a broken percent escape.
    clientErrorHandler: (error, socket) => {
      // After an answer has begun, another would end up in the middle of it.
      if (!socket.writable || socket.bytesWritten > 0) socket.destroy();
      else answerRaw(socket, malformed(error.code));
    },
    frameworkErrors: (_error, request, reply) => notFound(request.url, reply),
  });
  app.server.maxConnections = maxConnections;

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(securityHeaders);
    const refusal = hosts.refuse(request.raw);
    if (refusal === null) done();
    else void reply.code(refusal.status).type(problemType).send(refusal);
  });
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
  serveLiveSocket(app.server, hub, hosts, clock);
  return app;
}

function notFound(url: string, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 404, `there is nothing at ${url.split("?", 1)[0]}`);
}

/** What came is no HTTP. */
function malformed(code: string | undefined): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return problem(431, "the headers of the request are too long");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return problem(408, "the request took too long to arrive");
    default:
      return problem(400, "the request is no HTTP that can be understood");
  }
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.headers(securityHeaders).code(status).type(problemType).send(problem(status, detail));
}
