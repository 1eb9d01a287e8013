import type { FastifyInstance } from "fastify";
import type { AuditLog } from "../auth/audit-log.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the audit log calls a request that changes something: "add user". */
    action?: string;
  }
  interface FastifyRequest {
    /** What the audit log says of it besides; a refused request is logged only with one. */
    note: string | null;
  }
}

/** Writes down every request that changed something, or whose handler has made a note. */
export function auditChanges(app: FastifyInstance, audit: AuditLog): void {
  app.decorateRequest("note", null);
  app.addHook("onResponse", (request, reply, done) => {
    const { method, caller, ip, note, routeOptions } = request;
    const isChange = method !== "GET" && method !== "HEAD" && !request.is404 && reply.statusCode < 400;
    if (isChange || note !== null) {
      const named = Object.values(request.params as Record<string, string>).join(" ");
      audit.write({
        who: caller?.name ?? null,
        address: ip,
        action: routeOptions.config.action ?? `${method} ${routeOptions.url}`,
        detail: note ?? (named || null),
      });
    }
    done();
  });
}
