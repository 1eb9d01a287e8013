import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type PeerCertificate } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type CertificateSource, GivenCertificate, OwnCertificate } from "../../src/server/certificate.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { admin } from "../helpers/sign-in.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { until } from "../helpers/until.ts";

const dayMs = 24 * 3600_000;

let folder: string;
let live: LiveServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-tls-"));
});
afterEach(async () => {
  await live?.stop();
  live = undefined;
  rmSync(folder, { recursive: true });
});

const own = (nowMs?: () => number, names = ["camera.local", "localhost", "127.0.0.1"]) =>
  new OwnCertificate(folder, names, nowMs);

async function start(certificates: CertificateSource, clock?: SteeredClock): Promise<LiveServer> {
  live = await LiveServer.start({ certificates, ...(clock && { clock }) });
  return live;
}

/** A request that trusts this certificate alone. */
async function ask(
  path: string,
  ca: string,
  body?: object,
): Promise<{ response: IncomingMessage; body: string }> {
  const headers = { "content-type": "application/json" };
  const sent = request(live!.url + path, { ca, ...(body && { method: "POST", headers }) });
  sent.end(body && JSON.stringify(body));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { response, body: await text(response) };
}

/** What the server shows to whoever connects now. */
async function shown(): Promise<PeerCertificate> {
  const { hostname, port } = new URL(live!.url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

describe("a certificate of the camera's own", () => {
  test("is good for its addresses and names, for whoever trusts it; sessions need TLS then", async () => {
    const { cert } = await own().load();
    const { url, accounts } = await start(own());
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(JSON.parse((await ask("/healthz", cert)).body)).toEqual({ ok: true });
    const code = await accounts.setupCode.waiting();
    const { response } = await ask("/api/v1/setup", cert, { code, ...admin });
    const [cookie = ""] = response.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(
      /^__Host-xnorcam=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/,
    );
    const socket = new WebSocket(`${url.replace("https", "wss")}/api/v1/live`, {
      ca: cert,
      headers: { cookie: cookie.split(";", 1)[0] },
    });
    await once(socket, "open");
    socket.terminate();
  });

  test("is made once, readable by this user only, and valid for as long as all browsers take one", async () => {
    const first = await own().load();
    expect(await own().load()).toEqual(first);
    expect(statSync(join(folder, "tls-key.pem")).mode & 0o777).toBe(0o600);
    await start(own());
    const { valid_from, valid_to, subjectaltname } = await shown();
    const days = (Date.parse(valid_to) - Date.parse(valid_from)) / dayMs;
    expect(days).toBeGreaterThan(800);
    expect(days).toBeLessThanOrEqual(825);
    for (const name of ["DNS:camera.local", "DNS:localhost", "IP Address:127.0.0.1"]) {
      expect(subjectaltname).toContain(name);
    }
  });

  test("is made anew a month before it ends, for a new name, and when its files are damaged", async () => {
    const first = await own().load();
    expect(await own(() => Date.now() + 790 * dayMs).load()).toEqual(first);
    const second = await own(() => Date.now() + 800 * dayMs).load();
    expect(second.cert).not.toBe(first.cert);
    const third = await own(undefined, ["camera.local", "cam.example"]).load();
    expect(third.cert).not.toBe(second.cert);
    const key = join(folder, "tls-key.pem");
    writeFileSync(key, readFileSync(key, "utf8").slice(0, 100));
    const fourth = await own(undefined, ["camera.local", "cam.example"]).load();
    expect(fourth.cert).not.toBe(third.cert);
  });

  test("that can't be written is one line", async () => {
    writeFileSync(join(folder, "file"), "");
    const certificate = new OwnCertificate(join(folder, "file"), ["localhost"]);
    await expect(certificate.load()).rejects.toMatchObject({
      code: "XC_TLS",
      message: expect.stringMatching(/tls-cert\.pem and .*tls-key\.pem can't be written: /),
    });
  });

  test("carries the page with its live picture, and its policy holds", async () => {
    const { url, accounts } = await start(own());
    const code = await accounts.setupCode.waiting();
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // Where nothing is recorded, asking for events is answered by an error.
        if (!message.text().startsWith("Failed to load resource")) complaints.push(message.text());
      });
      await page.goto(url);
      await page.evaluate(
        `fetch("/api/v1/setup", { method: "POST", headers: { "content-type": "application/json" }, body: '${JSON.stringify({ code, ...admin })}' })`,
      );
      await page.reload();
      const frames = setInterval(() => live?.publish([detection("person", 0.62, [20, 20, 40, 60])]), 100);
      await until("pictures are sent", () => live!.hub.stats.encodes.clean > 2, 60_000);
      clearInterval(frames);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 90_000);
});

describe("given files", () => {
  const files = () => ({ cert: join(folder, "given.pem"), key: join(folder, "given.key") });
  async function give(names: string[]): Promise<void> {
    const made = mkdtempSync(join(folder, "made-"));
    const { cert, key } = await new OwnCertificate(made, names).load();
    writeFileSync(files().cert, cert);
    writeFileSync(files().key, key);
  }

  test("are served, and what replaces them within the hour, without a restart", async () => {
    await give(["one.example"]);
    const clock = new SteeredClock();
    await start(new GivenCertificate(files()), clock);
    expect((await shown()).subjectaltname).toContain("DNS:one.example");
    await give(["two.example"]);
    clock.advance(3600_000);
    await until(
      "the new one is shown",
      async () => (await shown()).subjectaltname?.includes("two.example") ?? false,
    );
    rmSync(files().key);
    clock.advance(3600_000);
    expect((await shown()).subjectaltname).toContain("DNS:two.example");
  });

  test("that are missing, or do not fit, are one line that names them", async () => {
    const load = () => new GivenCertificate(files()).load();
    await expect(load()).rejects.toMatchObject({
      code: "XC_TLS",
      message: expect.stringMatching(/^server\.tls\.cert: .*given\.pem can't be read: ENOENT/),
    });
    await give(["one.example"]);
    const { key } = await new OwnCertificate(folder, ["two.example"]).load();
    writeFileSync(files().key, key);
    await expect(load()).rejects.toMatchObject({
      code: "XC_TLS",
      message: expect.stringMatching(/^server\.tls: .*given\.pem with .*given\.key: /),
    });
  });
});

test("whoever speaks plain HTTP, or nonsense, is cut off, and others go on", async () => {
  const { cert } = await own().load();
  const { url } = await start(own());
  for (const words of ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\xff\xff nonsense"]) {
    const socket = connectPlain(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.end(words);
    await once(socket, "close");
  }
  expect((await ask("/healthz", cert)).response.statusCode).toBe(200);
});
