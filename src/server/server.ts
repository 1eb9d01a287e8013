import { Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import type { FastifyInstance } from "fastify";
import { messageOf, XnorcamError } from "../errors.ts";
import { type AppParts, createApp } from "./app.ts";
import type { CertificateSource } from "./certificate.ts";

export interface ServerAddress {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** A certificate that is about to end, or that was made while the clock was wrong, is replaced by then. */
const renewalMs = 3600_000;

/** The web server: listens, and takes everything down again. */
export class Server {
  readonly #address: ServerAddress;
  readonly #parts: AppParts;
  readonly #certificates: CertificateSource | null;
  #app: FastifyInstance | null = null;
  #cancelRenewal: (() => void) | null = null;

  /** @param certificates without them it speaks plain HTTP */
  constructor(address: ServerAddress, parts: AppParts, certificates: CertificateSource | null = null) {
    this.#address = address;
    this.#parts = parts;
    this.#certificates = certificates;
  }

  /**
   * @returns the addresses under which a browser reaches it, this machine's own first.
   * @throws XnorcamError XC_PORT_IN_USE, XC_TLS
   */
  async start(): Promise<{ urls: [string, ...string[]] }> {
    const { host, port } = this.#address;
    const certificate = (await this.#certificates?.load()) ?? null;
    this.#app = await createApp(this.#parts, certificate);
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      await this.stop();
      throw portError(this.#address, error);
    }
    if (this.#certificates !== null) this.#scheduleRenewal(this.#certificates);
    const { port: taken } = this.#app.server.address() as AddressInfo;
    return { urls: urlsOf(certificate === null ? "http" : "https", host, taken) };
  }

  /** Idempotent; closes every viewer and connection. */
  async stop(): Promise<void> {
    this.#cancelRenewal?.();
    this.#cancelRenewal = null;
    const app = this.#app;
    this.#app = null;
    this.#parts.hub.stop();
    await app?.close();
  }

  #scheduleRenewal(certificates: CertificateSource): void {
    this.#cancelRenewal = this.#parts.clock.after(renewalMs, () => {
      this.#scheduleRenewal(certificates);
      void this.#renew(certificates);
    });
  }

  /** Connections that are open go on with the old one. */
  async #renew(certificates: CertificateSource): Promise<void> {
    try {
      const certificate = await certificates.load();
      const server = this.#app?.server;
      if (server instanceof TlsServer) server.setSecureContext(certificate);
    } catch (error) {
      this.#parts.log.error(`the certificate stays what it is: ${messageOf(error)}`);
    }
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

function urlsOf(protocol: "http" | "https", host: string, port: number): [string, ...string[]] {
  const wildcard = host === "0.0.0.0" || host === "::";
  if (!wildcard) return [`${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}`];
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => `${protocol}://${address}:${port}`);
  return [`${protocol}://localhost:${port}`, ...outside];
}
