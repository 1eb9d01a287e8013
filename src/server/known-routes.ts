import type { FastifyInstance } from "fastify";

/** Says for an address that nothing answers which other methods something would answer there. */
export class KnownRoutes {
  readonly #routes: { pattern: RegExp; method: string }[] = [];

  /** Learns the routes that are registered from now on; those with a wildcard answer for files, which may not exist. */
  constructor(app: FastifyInstance) {
    app.addHook("onRoute", ({ url, method }) => {
      if (url.includes("*")) return;
      const pattern = new RegExp(`^${url.split("/").map(segmentPattern).join("/")}$`);
      for (const each of [method].flat()) this.#routes.push({ pattern, method: each });
    });
  }

  /** @param url of a request */
  methodsAt(url: string): string[] {
    const path = url.split("?", 1)[0]!;
    const methods = this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

/** `:id` is anything, all else itself; `clip.:extension` is of both. */
function segmentPattern(segment: string): string {
  return segment
    .split(/(:\w+)/)
    .map((part) => (part.startsWith(":") ? "[^/]+" : part.replace(/[^\w-]/g, "\\$&")))
    .join("");
}
