import fastifyStatic from "@fastify/static";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { Logger } from "pino";
import type { AccessControl } from "../auth/access-control.ts";
import type { Caller } from "../auth/caller.ts";
import { LoginLimiter } from "../auth/login-limiter.ts";
import type { Clock } from "../clock.ts";
import { XnorcamError } from "../errors.ts";
import type { EventArchive } from "../events/event.ts";
import { serveAccounts } from "./account-routes.ts";
import { type AlarmPanel, serveAlarm } from "./alarm-routes.ts";
import { auditChanges } from "./audit-hook.ts";
import type { Certificate } from "./certificate.ts";
import { serveEventMedia } from "./event-media-routes.ts";
import { serveEvents } from "./event-routes.ts";
import { challengeFor, Gate } from "./gate.ts";
import { HostCheck } from "./host-check.ts";
import { KnownRoutes } from "./known-routes.ts";
import type { LiveHub } from "./live-hub.ts";
import { serveLiveSocket } from "./live-socket.ts";
import { type MetricsSource, serveMetrics } from "./metrics-route.ts";
import { serveMjpeg } from "./mjpeg.ts";
import { serveOpenapi } from "./openapi.ts";
import { type Problem, problem, problemType, sendProblem } from "./problem.ts";
import { answerRaw } from "./raw-answer.ts";
import { schemaRefusal } from "./schema-refusal.ts";
import { securityHeaders } from "./security-headers.ts";
import { serveSession } from "./session-routes.ts";
import { type SettingsEditor, settingsRoutes } from "./settings-routes.ts";
import type { StatusSource } from "./status.ts";
import { serveStatus } from "./status-routes.ts";
import { type StillTaker, serveStill } from "./still.ts";
import { serveStillPicture } from "./still-picture.ts";
import { serveTry } from "./try-page.ts";

export interface AppParts {
  source: StatusSource;
  hub: LiveHub;
  stills: StillTaker;
  alarm: AlarmPanel;
  /** Null where the settings can't be changed while it runs. */
  settings: SettingsEditor | null;
  metrics: MetricsSource;
  /** Names under which browsers may reach the server, besides those of the machine. */
  hostNames: readonly string[];
  accounts: AccessControl;
  /** Whether strangers may not even watch. */
  needsLogin: boolean;
  /** What was recorded, or why nothing is. */
  events: EventArchive | string;
  clock: Clock;
  log: Pick<Logger, "error">;
  /** Folder of the built dashboard: index.html, favicon.svg, assets/*. */
  webRoot: string;
}

/** For the requests that need a body; one that needs a longer one says so. */
const bodyLimitBytes = 1024;
/** A browser opens up to six connections. */
const maxConnections = 512;
const nodeOptions = {
  headersTimeout: 10_000,
  handshakeTimeout: 10_000,
  connectionsCheckingInterval: 5000,
  // Node would answer without a word; the check of the host says what is missing.
  requireHostHeader: false,
};
/** What the build of the dashboard makes. */
const publicFiles = /^\/(index\.html|favicon\.svg|assets\/[\w-]+\.(js|css))?$/;

declare module "fastify" {
  interface FastifyRequest {
    /** Null for a stranger. */
    caller: Caller | null;
  }
}

/**
 * The whole HTTP interface, not listening yet.
 * @param certificate null for plain HTTP
 */
export async function createApp(
  parts: AppParts,
  certificate: Certificate | null = null,
): Promise<FastifyInstance> {
  const { source, hub, stills, alarm, settings, metrics, hostNames, events, accounts, needsLogin } = parts;
  const { clock, log, webRoot } = parts;
  const hosts = new HostCheck(hostNames);
  const gate = new Gate(accounts, needsLogin);
  const limiter = new LoginLimiter(clock);
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    // What nobody knows is refused, not passed over.
    ajv: { customOptions: { removeAdditional: false } },
    schemaErrorFormatter: schemaRefusal,
    // Time for a request to arrive completely; it doesn't limit how long a stream goes on.
    requestTimeout: 10_000,
    ...(certificate === null ? { http: nodeOptions } : { https: { ...certificate, ...nodeOptions } }),
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
  const known = new KnownRoutes(app);
  app.server.maxConnections = maxConnections;

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(securityHeaders);
    const refusal = hosts.refuse(request.raw);
    if (refusal === null) done();
    else void reply.code(refusal.status).type(problemType).send(refusal);
  });
  app.addHook("onClose", () => gate.stop());
  app.decorateRequest("caller", null);
  app.addHook("onRequest", (request, reply, done) => {
    request.caller = gate.callerOf(request.raw);
    // Where there is nothing, nobody needs to be kept out.
    const access = request.is404 ? "public" : request.routeOptions.config.access;
    const refusal = gate.refuse(request.raw, request.caller, access);
    if (refusal === null) {
      done();
      return;
    }
    if (refusal.status === 401) reply.header("www-authenticate", challengeFor(request.raw));
    void reply.code(refusal.status).type(problemType).send(refusal);
  });
  auditChanges(app, accounts.audit);
  app.setNotFoundHandler((request, reply) => {
    const methods = known.methodsAt(request.url);
    if (methods.length === 0) return notFound(request.url, reply);
    return sendProblem(
      reply.header("allow", methods.join(", ")),
      405,
      `${request.method} can't be used here, only ${methods.join(", ")}`,
    );
  });
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    if (error instanceof XnorcamError) return sendProblem(reply, 503, error.message);
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, error.message);
    log.error(`${request.method} ${request.url} failed: ${error.stack ?? error.message}`);
    return sendProblem(reply, status, "something went wrong in the camera; its log says more");
  });

  await serveOpenapi(app);
  // For the routes that send a still or a clip, each from its own folder.
  await app.register(fastifyStatic, { root: webRoot, serve: false });
  await app.register(async (page) => {
    page.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "public" };
      route.schema = { ...route.schema, hide: true };
    });
    await page.register(fastifyStatic, {
      root: webRoot,
      allowedPath: (path) => publicFiles.test(path),
      decorateReply: false,
      // The files change with an update: ask each time, answered by 304.
      maxAge: 0,
    });
  });
  serveStatus(app, source);
  await app.register(serveTry);
  serveStill(app, stills);
  if (settings !== null) await app.register(async (scope) => settingsRoutes(scope, settings));
  serveMetrics(app, metrics);
  serveMjpeg(app, hub, gate, clock);
  serveStillPicture(app, hub, clock);
  serveEvents(app, events);
  serveEventMedia(app, events);
  serveAlarm(app, alarm);
  serveSession(app, accounts, limiter);
  serveAccounts(app, accounts, limiter);
  serveLiveSocket(app.server, hub, hosts, gate, clock);
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
