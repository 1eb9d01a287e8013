import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { until } from "./until.ts";

export const account = { username: "camera", password: "a password of the tests" };

/** Debian keeps it where only root looks for programs. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** A real Mosquitto on a free port of this machine, which only the account above may use. */
export class Mosquitto {
  /** Of its settings, data and certificates. */
  readonly folder: string;
  readonly url: string;
  /** What it wrote to its log. */
  log = "";
  #process: ChildProcess | null = null;

  private constructor(folder: string, url: string) {
    this.folder = folder;
    this.url = url;
  }

  /** @param options.lines more lines for its settings */
  static async start({ tls = false, lines = [] as string[] } = {}): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-mosquitto-"));
    const port = await freePort();
    const broker = new Mosquitto(folder, `${tls ? "mqtts" : "mqtt"}://127.0.0.1:${port}`);
    if (tls) await writeCertificates(folder);
    const { username, password } = account;
    execFileSync("mosquitto_passwd", ["-b", "-c", join(folder, "accounts"), username, password], { env });
    const settings = [
      `listener ${port} 127.0.0.1`,
      ...(tls ? [`certfile ${join(folder, "server.pem")}`, `keyfile ${join(folder, "server.key")}`] : []),
      "allow_anonymous false",
      `password_file ${join(folder, "accounts")}`,
      // Started by root, it would become somebody who may not read this folder.
      "user root",
      "log_dest stderr",
      "log_type all",
      "persistence true",
      `persistence_location ${folder}/`,
      "autosave_on_changes true",
      "autosave_interval 1",
      ...lines,
    ];
    writeFileSync(join(folder, "mosquitto.conf"), `${settings.join("\n")}\n`);
    await broker.resume();
    return broker;
  }

  get caFile(): string {
    return join(this.folder, "ca.pem");
  }

  /** Starts it again on the same port, with what it kept. */
  async resume(): Promise<void> {
    const start = this.log.length;
    const child = spawn("mosquitto", ["-c", join(this.folder, "mosquitto.conf")], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    child.stderr.on("data", (data: Buffer) => {
      this.log += data.toString();
    });
    await until(
      "Mosquitto runs",
      () => {
        if (child.exitCode !== null) throw new Error(`Mosquitto ended: ${this.log.slice(start)}`);
        return / running\n/.test(this.log.slice(start));
      },
      20_000,
    );
  }

  /** @param signal SIGTERM lets it write what it keeps, SIGKILL does not */
  async pause(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  async stop(): Promise<void> {
    await this.pause("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** An authority, a certificate of this machine that it signed, and another authority that signed nothing. */
async function writeCertificates(folder: string): Promise<void> {
  const authority = () =>
    generate([{ name: "commonName", value: "Authority of the tests" }], {
      algorithm: "sha256",
      keyType: "ec",
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, critical: true },
      ],
    });
  const ca = await authority();
  const server = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    algorithm: "sha256",
    keyType: "ec",
    ca: { key: ca.private, cert: ca.cert },
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  writeFileSync(join(folder, "ca.pem"), ca.cert);
  writeFileSync(join(folder, "server.pem"), server.cert);
  writeFileSync(join(folder, "server.key"), server.private);
  writeFileSync(join(folder, "other-ca.pem"), (await authority()).cert);
}
