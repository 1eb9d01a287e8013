import { type AddressInfo, createServer } from "node:net";
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LiveServer } from "../helpers/live-server.ts";
import { rawRequest } from "../helpers/raw-request.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

test("healthz is fine while frames flow, and says what is wrong when they don't", async () => {
  const fine = await fetch(`${live.url}/healthz`);
  expect(fine.status).toBe(200);
  expect(await fine.json()).toEqual({ ok: true });
  live.problem = "no frame went through the detector for 12 s";
  const sick = await fetch(`${live.url}/healthz`);
  expect(sick.status).toBe(503);
  expect(sick.headers.get("content-type")).toContain("application/problem+json");
  expect(await sick.json()).toEqual({
    type: "about:blank",
    title: "Service Unavailable",
    status: 503,
    detail: "no frame went through the detector for 12 s",
  });
});

test("the status says what runs and how well", async () => {
  live.publish();
  const response = await live.fetch("/api/v1/status");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toMatchObject({
    model: { name: "xnor-yolo-zero", kernels: "reference" },
    camera: { description: "replay of a bundled training clip", delivered: 1 },
    detector: { processed: 1, dropped: 0, latencyMs: { p50: 100, p99: 100 } },
    alarm: { active: false },
    outputs: [{ kind: "simulated", on: false, error: null }],
    live: { viewers: { webSocket: 0, mjpeg: 0 }, encodes: { clean: 0, boxed: 0 } },
  });
});

describe("every answer", () => {
  test.each(["/", "/healthz", "/api/v1/status", "/favicon.svg", "/nowhere", "/%zz"])(
    "has the security headers: %s",
    async (path) => {
      const { headers } = await fetch(live.url + path);
      expect(headers.get("content-security-policy")).toContain("default-src 'self'; img-src 'self' blob:");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    },
  );
});

describe("addresses that lead nowhere", () => {
  test.each([
    "/nowhere",
    "/api/v1/nothing",
    "/assets/",
    "/assets/missing.js",
    "/src/main.ts",
    "/tsconfig.json",
    "/package.json",
    "/..%2fpackage.json",
    "/assets/..%2f..%2f..%2fpackage.json",
    "/.git/config",
    "/%00",
    "/%zz",
    "/%2e%2e/%2e%2e/etc/passwd",
  ])("%s is a 404 as problem+json", async (path) => {
    const response = await fetch(live.url + path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(await response.json()).toMatchObject({ type: "about:blank", title: "Not Found", status: 404 });
  });

  test("another method than one that would do is a 405", async () => {
    const response = await fetch(`${live.url}/api/v1/status`, { method: "DELETE" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
  });

  test("a body that is larger than any request needs is a 413", async () => {
    const response = await fetch(`${live.url}/api/v1/status`, { method: "POST", body: "x".repeat(1025) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ title: "Payload Too Large", status: 413 });
  });
});

describe("what is no proper HTTP", () => {
  test.each([
    ["another protocol", "\x16\x03\x01 this is not HTTP\r\n\r\n", 400],
    ["endless headers", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["a request without a host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
  ])("%s is answered by problem+json with the security headers", async (_what, request, status) => {
    const answer = await rawRequest(live.url, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain("content-type: application/problem+json");
    expect(answer).toContain("x-content-type-options: nosniff");
    const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
    expect(JSON.parse(body)).toMatchObject({ type: "about:blank", status, detail: expect.any(String) });
    expect((await fetch(`${live.url}/healthz`)).status).toBe(200);
  });

  test("an offer to change to h2c, which Java's client makes, is passed over", async () => {
    const upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAA\r\n";
    const answer = await rawRequest(live.url, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\{"ok":true\}$/);
  });
});

describe("the name under which the camera is asked", () => {
  async function statusUnder(host: string): Promise<number> {
    const answer = await rawRequest(
      live.url,
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    return Number(answer.split(" ")[1]);
  }

  test.each([
    "localhost",
    "localhost:8080",
    "LOCALHOST.",
    "192.168.1.5:8080",
    "[::1]:8080",
    hostname(),
    `${hostname().split(".")[0]}.local:8080`,
  ])("may be %s", async (host) => {
    expect(await statusUnder(host)).toBe(200);
  });

  test.each(["evil.example", "evil.example:8080", "localhost.evil.example", "1.2.3.4.evil.example"])(
    "may not be %s, which somebody else could point here",
    async (host) => {
      expect(await statusUnder(host)).toBe(403);
    },
  );

  test("may be one of server.hostNames, and a refusal says so", async () => {
    await live.stop();
    live = await LiveServer.start({ hostNames: ["Camera.example"] });
    expect(await statusUnder("camera.example:443")).toBe(200);
    const answer = await rawRequest(
      live.url,
      "GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toContain("content-type: application/problem+json");
    expect(answer).toContain(
      'the camera is not known as \\"other.example\\"; if it should be, list it in server.hostNames',
    );
  });

  test("is not asked of a program that speaks HTTP/1.0", async () => {
    expect(await rawRequest(live.url, "GET /healthz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test("the page and its parts are served with their types, and answered by 304 when unchanged", async () => {
  const page = await fetch(live.url);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const [, stylesheet] = /href="(\/assets\/[\w-]+\.css)"/.exec(await page.text()) ?? [];
  expect((await fetch(live.url + stylesheet)).headers.get("content-type")).toContain("text/css");
  expect((await fetch(`${live.url}/favicon.svg`)).headers.get("content-type")).toBe("image/svg+xml");
  const again = await fetch(live.url, {
    // Without a word on caching, Node's fetch asks for a fresh copy.
    headers: { "if-none-match": page.headers.get("etag")!, "cache-control": "max-age=0" },
  });
  expect(again.status).toBe(304);
});

describe("a port that can't be had", () => {
  test("in use: one line that names the port and what to do", async () => {
    const port = Number(new URL(live.url).port);
    await expect(LiveServer.start({ port })).rejects.toMatchObject({
      code: "XC_PORT_IN_USE",
      message: `port ${port} is in use by another program; stop that one ("ss -ltnp sport = :${port}" names it) or choose another with --port or server.port`,
    });
  });

  test("in use by something that is not a camera", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(LiveServer.start({ port })).rejects.toMatchObject({ code: "XC_PORT_IN_USE" });
    other.close();
  });
});
