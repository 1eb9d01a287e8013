import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import type { FastifyInstance } from "fastify";
import { messageOf, XnorcamError } from "../errors.ts";
import { type AppParts, createApp } from "./app.ts";

export interface ServerAddress {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** The web server: listens, and takes everything down again. */
export class Server {
  readonly #address: ServerAddress;
  readonly #parts: AppParts;
  #app: FastifyInstance | null = null;

  constructor(address: ServerAddress, parts: AppParts) {
    this.#address = address;
    this.#parts = parts;
  }

  /**
   * @returns the addresses under which a browser reaches it, this machine's own first.
   * @throws XnorcamError XC_PORT_IN_USE
   */
  async start(): Promise<{ urls: [string, ...string[]] }> {
    this.#app = await createApp(this.#parts);
    try {
      const { host, port } = this.#address;
      await this.#app.listen({ host, port });
    } catch (error) {
      await this.stop();
      throw portError(this.#address, error);
    }
    const { port } = this.#app.server.address() as AddressInfo;
    return { urls: urlsOf(this.#address.host, port) };
  }

  /** Idempotent; closes every viewer and connection. */
  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    this.#parts.hub.stop();
    await app?.close();
  }
}

function portError({ host, port }: ServerAddress, error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return new XnorcamError(
        "XC_PORT_IN_USE",
        `port ${port} is in use by another program; stop that one ("ss -ltnp sport = :${port}" names it) or choose another with --port or server.port`,
        { cause: error },
      );
    case "EACCES":
      return new XnorcamError(
        "XC_PORT_IN_USE",
        `port ${port} is reserved for the system; choose one above 1023 with --port or server.port`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new XnorcamError(
        "XC_CONFIG_INVALID",
        `server.host: this machine has no address "${host}" (${messageOf(error)}); "0.0.0.0" listens on all of them`,
        { cause: error },
      );
    default:
      return error;
  }
}

function urlsOf(host: string, port: number): [string, ...string[]] {
  const wildcard = host === "0.0.0.0" || host === "::";
  if (!wildcard) return [`http://${host.includes(":") ? `[${host}]` : host}:${port}`];
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => `http://${address}:${port}`);
  return [`http://localhost:${port}`, ...outside];
}
