import type { IncomingMessage } from "node:http";
import type { AccessControl } from "../auth/access-control.ts";
import { type Caller, grants, scopesOf } from "../auth/caller.ts";
import type { Access } from "./access.ts";
import { type Problem, problem } from "./problem.ts";
import { sessionSecret } from "./session-cookie.ts";

const anyone: Caller = { kind: "anyone", name: "anyone", scopes: ["view"] };
/** They change nothing. */
const readingMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** A live view, and the request that it answers. */
interface Stream {
  request: IncomingMessage;
  end: () => void;
}

/** Lets a request in, or says why not. */
export class Gate {
  readonly #accounts: AccessControl;
  readonly #needsLogin: boolean;
  readonly #streams = new Set<Stream>();
  readonly #review = () => this.#endRefused();

  /** @param needsLogin whether strangers may not even watch */
  constructor(accounts: AccessControl, needsLogin: boolean) {
    this.#accounts = accounts;
    this.#needsLogin = needsLogin;
    accounts.on("review", this.#review);
  }

  /** Idempotent. */
  stop(): void {
    this.#accounts.off("review", this.#review);
  }

  /** Who sends a request, or null for a stranger. */
  callerOf(request: IncomingMessage): Caller | null {
    const sent = tokenIn(request);
    const token = sent === null ? null : this.#accounts.tokenOf(sent);
    if (token !== null) return { kind: "token", name: token.name, scopes: token.scopes };
    const secret = sessionSecret(request);
    const user = secret === null ? null : this.#accounts.userOf(secret);
    if (user !== null) return { kind: "user", name: user.name, scopes: scopesOf(user.role) };
    return !this.#needsLogin && readingMethods.has(request.method ?? "") ? anyone : null;
  }

  /** Why a request may not have what asks for `access`, or null. */
  refuse(request: IncomingMessage, caller: Caller | null, access: Access = "admin"): Problem | null {
    return refuseForeign(request) ?? refuseCaller(caller, access);
  }

  /**
   * Ends what goes on for long, such as a live view, as soon as whoever asked for it may not have it any more.
   * @returns how to forget it
   */
  watch(request: IncomingMessage, end: () => void): () => void {
    const stream = { request, end };
    this.#streams.add(stream);
    return () => this.#streams.delete(stream);
  }

  #endRefused(): void {
    for (const { request, end } of this.#streams) {
      if (refuseCaller(this.callerOf(request), "view") !== null) end();
    }
  }
}

/** Of `Authorization: Bearer TOKEN`, or Basic with the token as the password, which is all that players can send. */
function tokenIn({ headers }: IncomingMessage): string | null {
  const [scheme = "", value = ""] = headers.authorization?.split(" ", 2) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return value;
    case "basic":
      return Buffer.from(value, "base64").toString().split(":").slice(1).join(":");
    default:
      return null;
  }
}

function refuseCaller(caller: Caller | null, access: Access): Problem | null {
  if (access === "public") return null;
  if (caller === null) return problem(401, "sign in first, or send an API token");
  if (grants(caller.scopes, access)) return null;
  if (caller.kind === "anyone") return problem(401, "without signing in you may only watch");
  return problem(403, `${caller.name} may not do this; it takes the right "${access}"`);
}

/**
 * Browsers say which page makes a request that changes something; one of another site may not, although the browser
 * would add our cookie to it (RFC 9110 §10.2, Fetch Metadata).
 */
function refuseForeign({ method, headers }: IncomingMessage): Problem | null {
  if (readingMethods.has(method ?? "")) return null;
  const site = headers["sec-fetch-site"];
  const isForeign = (site !== undefined && site !== "same-origin") || !isOwnOrigin(headers);
  return isForeign ? problem(403, "only pages that this camera served may change something") : null;
}

/** Programs that are no browser name no origin, and may ask. Behind a proxy the protocol is another than ours. */
export function isOwnOrigin({ origin, host }: IncomingMessage["headers"]): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * What a 401 asks for (RFC 9110 §11.6.1). VLC and others send what stands in their address only when they are asked for
 * it in this way; a browser would open a window of its own over our page.
 */
export function challengeFor({ headers }: IncomingMessage): string {
  return headers["user-agent"]?.startsWith("Mozilla/") ? "Bearer" : 'Basic realm="xnorcam", charset="UTF-8"';
}
