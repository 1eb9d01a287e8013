import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { type Problem, problem } from "./problem.ts";

/**
 * Refuses requests under a name that is not ours. A page elsewhere could point its own name at the camera's
 * address (DNS rebinding), and would then be of the same origin as the camera for the browser. Addresses and
 * the names that are listed here can't be pointed by others.
 */
export class HostCheck {
  readonly #names: ReadonlySet<string>;

  /** @param hostNames names that are allowed besides the machine's own. */
  constructor(hostNames: readonly string[]) {
    this.#names = new Set([...ownNames(), ...hostNames.map((name) => name.toLowerCase())]);
  }

  /** @returns why the request is refused, or null. */
  refuse({ headers, httpVersion }: IncomingMessage): Problem | null {
    const { host } = headers;
    // Allowed before HTTP/1.1, where programs may talk but no browser does.
    if (host === undefined && httpVersion === "1.0") return null;
    const name = nameOf(host);
    if (name === null) return problem(400, "the request needs a Host header with a name or an address");
    if (isIP(name) !== 0 || this.#names.has(name)) return null;
    return problem(403, `the camera is not known as "${name}"; if it should be, list it in server.hostNames`);
  }
}

/** The names of this machine. */
export function ownNames(): string[] {
  const machine = hostname().toLowerCase();
  const short = machine.split(".", 1)[0]!;
  return [...new Set([machine, short, `${short}.local`, "localhost"])];
}

/** "Camera.local.:8080" → "camera.local", "[::1]:80" → "::1" */
function nameOf(host: string | undefined): string | null {
  const url = `http://${host}`;
  if (!host || !URL.canParse(url)) return null;
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
