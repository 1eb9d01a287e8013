import type {} from "fastify";

/** Who may use a route: `public` everybody, the others a session or API token that grants it. */
export type Access = "public" | "view" | "alarm" | "settings" | "admin";

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
}
