import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { replaceFile } from "../auth/json-file.ts";
import type { Config } from "../config/schema.ts";
import { messageOf, XnorcamError } from "../errors.ts";

/** A certificate with its chain, and its private key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Where the certificate comes from; asked again now and then, since certificates end. */
export interface CertificateSource {
  /** @throws XnorcamError XC_TLS */
  load(): Promise<Certificate>;
}

/**
 * @param tls the setting of this name
 * @param folder for a certificate of the camera's own
 * @param names under which browsers reach it
 * @returns null for plain HTTP
 */
export function certificatesOf(
  tls: Config["server"]["tls"],
  folder: string,
  names: readonly string[],
): CertificateSource | null {
  if (tls === "off") return null;
  return tls === "self-signed" ? new OwnCertificate(folder, names) : new GivenCertificate(tls);
}

/** Files that somebody else renews, such as certbot. */
export class GivenCertificate implements CertificateSource {
  readonly #files: Certificate;

  /** @param files paths */
  constructor(files: Certificate) {
    this.#files = files;
  }

  async load(): Promise<Certificate> {
    const [cert, key] = await Promise.all([
      textOf(this.#files.cert, "server.tls.cert"),
      textOf(this.#files.key, "server.tls.key"),
    ]);
    const problem = problemOf({ cert, key });
    if (problem === null) return { cert, key };
    throw new XnorcamError("XC_TLS", `server.tls: ${this.#files.cert} with ${this.#files.key}: ${problem}`);
  }
}

const dayMs = 24 * 3600_000;
/** Apple's devices take none that is valid for longer. */
const validDays = 825;
const renewDays = 30;

/** A certificate that the camera has signed itself; made once, kept, and made anew before it ends. */
export class OwnCertificate implements CertificateSource {
  readonly #files: Certificate;
  readonly #names: readonly string[];
  readonly #nowMs: () => number;

  /**
   * @param folder that only the camera's user can read
   * @param names and addresses under which browsers reach the camera; those of its network come on top
   * @param nowMs milliseconds since 1970
   */
  constructor(folder: string, names: readonly string[], nowMs: () => number = Date.now) {
    this.#files = { cert: join(folder, "tls-cert.pem"), key: join(folder, "tls-key.pem") };
    this.#names = names;
    this.#nowMs = nowMs;
  }

  async load(): Promise<Certificate> {
    return (await this.#kept()) ?? (await this.#make());
  }

  /** A new address alone is no reason for a new one, which everybody would have to trust again. */
  async #kept(): Promise<Certificate | null> {
    const [cert, key] = await Promise.all([this.#files.cert, this.#files.key].map(textOrNull));
    if (!cert || !key || problemOf({ cert, key }) !== null) return null;
    const parsed = new X509Certificate(cert);
    const leftMs = Date.parse(parsed.validTo) - this.#nowMs();
    const isKnown = this.#hosts().every((name) => parsed.checkHost(name) !== undefined);
    return leftMs > renewDays * dayMs && isKnown ? { cert, key } : null;
  }

  async #make(): Promise<Certificate> {
    // Takes megabytes, and is needed once in two years.
    const { default: selfsigned } = await import("selfsigned");
    const hosts = this.#hosts();
    const altNames = [
      ...hosts.map((value) => ({ type: 2 as const, value })),
      ...this.#addresses().map((ip) => ({ type: 7 as const, ip })),
    ];
    const made = await selfsigned.generate([{ name: "commonName", value: hosts[0] ?? "xnorcam" }], {
      keyType: "ec",
      algorithm: "sha256",
      // Other clocks may be a little behind.
      notBeforeDate: new Date(this.#nowMs() - dayMs),
      notAfterDate: new Date(this.#nowMs() + (validDays - 2) * dayMs),
      extensions: [
        { name: "basicConstraints", cA: false, critical: true },
        { name: "keyUsage", digitalSignature: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        { name: "subjectAltName", altNames },
      ],
    });
    const certificate = { cert: made.cert, key: made.private };
    try {
      await replaceFile(this.#files.key, certificate.key);
      await replaceFile(this.#files.cert, certificate.cert);
    } catch (error) {
      throw new XnorcamError(
        "XC_TLS",
        `${this.#files.cert} and ${this.#files.key} can't be written: ${messageOf(error)}`,
        { cause: error },
      );
    }
    return certificate;
  }

  #hosts(): string[] {
    return [...new Set(this.#names.filter((name) => isIP(name) === 0))];
  }

  #addresses(): string[] {
    const outside = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const given = this.#names.filter((name) => isIP(name) !== 0);
    return [...new Set([...outside.map(({ address }) => address), ...given])];
  }
}

/** Why a browser could not be answered with these, or null. */
function problemOf({ cert, key }: Certificate): string | null {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

async function textOf(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new XnorcamError("XC_TLS", `${setting}: ${path} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function textOrNull(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}
