import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { sessionDays } from "../auth/sessions.ts";

/** Browsers take a `__Host-` cookie only over TLS and from the host itself, so that no neighbor can plant one. */
function cookieName(request: IncomingMessage): string {
  return request.socket instanceof TLSSocket ? "__Host-xnorcam" : "xnorcam";
}

/** The secret of the session in the request's cookie, or null. */
export function sessionSecret(request: IncomingMessage): string | null {
  const name = cookieName(request);
  for (const pair of request.headers.cookie?.split(";") ?? []) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === name && value !== undefined && value !== "") return value;
  }
  return null;
}

/** The `Set-Cookie` header that keeps a session in the browser (RFC 6265), or, without a secret, removes it. */
export function sessionCookie(request: IncomingMessage, secret: string | null): string {
  const name = cookieName(request);
  const secure = request.socket instanceof TLSSocket ? "; Secure" : "";
  const age = secret === null ? 0 : sessionDays * 24 * 3600;
  return `${name}=${secret ?? ""}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
}
