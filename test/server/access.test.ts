import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accessFolder } from "../../src/auth/access-control.ts";
import { createApp } from "../../src/server/app.ts";
import { LiveServer, TestViewer } from "../helpers/live-server.ts";
import { admin, cookieFor, cookieOf, fetchAs } from "../helpers/sign-in.ts";
import { until } from "../helpers/until.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${live.url}/api/v1/${path}`, json(body, headers));
const statusWith = async (cookie: string) =>
  (await fetchAs({ url: live.url, cookie }, "/api/v1/status")).status;
const sessionWith = async (cookie: string): Promise<unknown> =>
  await (await fetchAs({ url: live.url, cookie }, "/api/v1/session")).json();
const fileOf = (name: string) => join(accessFolder(live.dataDir), name);

describe("a stranger", () => {
  test.each(["/api/v1/status", "/api/v1/live.mjpeg"])("gets no %s, with GET or HEAD", async (path) => {
    const response = await fetch(live.url + path);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ title: "Unauthorized", detail: expect.any(String) });
    expect((await fetch(live.url + path, { method: "HEAD" })).status).toBe(401);
  });

  test("may not open the live stream, also with a cookie that was made up", async () => {
    const refused = { url: live.url, cookie: "" };
    await expect(TestViewer.connect(refused)).rejects.toThrow("refused with 401");
    await expect(TestViewer.connect({ ...refused, cookie: "xnorcam=AAAA" })).rejects.toThrow(
      "refused with 401",
    );
  });

  test.each(["/", "/index.html", "/favicon.svg", "/healthz"])("gets %s", async (path) => {
    expect((await fetch(live.url + path)).status).toBe(200);
  });

  test("watches where no login is asked for, and changes nothing", async () => {
    await live.stop();
    live = await LiveServer.start({ needsLogin: false });
    expect(await statusWith("")).toBe(200);
    (await TestViewer.connect({ url: live.url, cookie: "" })).close();
    expect(await sessionWith("")).toEqual({ setupNeeded: false, user: null, scopes: ["view"] });
    expect((await fetch(`${live.url}/api/v1/still`, { method: "POST" })).status).toBe(401);
  });
});

test("a route that does not say who may use it is for admins", async () => {
  const app = await createApp(live.parts);
  app.get("/forgotten", () => "secret");
  app.get("/watched", { config: { access: "view" } }, () => "seen");
  await live.accounts.addUser("guest", "viewer", "a long password");
  const guest = await cookieFor(live.url, "login", { name: "guest", password: "a long password" });
  const codes = async (cookie: string) => {
    const ask = (url: string) => app.inject({ url, headers: { cookie, host: "localhost" } });
    return [(await ask("/forgotten")).statusCode, (await ask("/watched")).statusCode];
  };
  expect(await codes("")).toEqual([401, 401]);
  expect(await codes(guest)).toEqual([403, 200]);
  expect(await codes(live.cookie)).toEqual([200, 200]);
  await app.close();
});

describe("setup", () => {
  beforeEach(async () => {
    await live.stop();
    live = await LiveServer.start({ isNew: true });
  });
  const code = () => readFile(fileOf("setup-code"), "utf8");

  test("takes the code from a file that only this user can read, makes an admin and signs him in", async () => {
    expect(await sessionWith("")).toEqual({ setupNeeded: true, user: null, scopes: [] });
    expect((await stat(fileOf("setup-code"))).mode & 0o777).toBe(0o600);
    expect(await code()).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\n$/);
    const response = await post("setup", { code: await code(), ...admin });
    const session = { setupNeeded: false, user: { name: "admin", role: "admin" }, scopes: ["admin"] };
    expect(await response.json()).toEqual(session);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^xnorcam=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/),
    ]);
    expect(await sessionWith(cookieOf(response))).toEqual(session);
    expect(await statusWith(cookieOf(response))).toBe(200);
  });

  test("works once, also for two at the same instant", async () => {
    const used = await code();
    const both = await Promise.all(
      ["one", "two"].map((name) => post("setup", { code: used, name, password: "a long password" })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(live.accounts.users.all).toHaveLength(1);
    expect((await post("setup", { code: used, name: "three", password: "a long password" })).status).toBe(
      401,
    );
    await expect(stat(fileOf("setup-code"))).rejects.toThrow("ENOENT");
  });

  test("refuses another code, a short password and unknown fields, and the code is good still", async () => {
    expect((await post("setup", { code: "0000-0000-0000-0000", ...admin })).status).toBe(401);
    expect((await post("setup", { code: await code(), name: "admin", password: "short" })).status).toBe(400);
    const unknown = await post("setup", { code: await code(), ...admin, role: "viewer" });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({ detail: "body/role is not known here" });
    expect((await post("setup", { code: await code(), ...admin })).status).toBe(200);
  });

  test("keeps its code over a restart", async () => {
    const before = await code();
    await live.stop({ keepData: true });
    live = await LiveServer.start({ dataDir: live.dataDir, isNew: true });
    expect(await code()).toBe(before);
  });
});

describe("a session", () => {
  test("outlives a restart; its secret and the password are nowhere on the disk", async () => {
    const { cookie } = live;
    await live.stop({ keepData: true });
    const files = await Promise.all(
      ["users.json", "sessions.json"].map((name) => readFile(fileOf(name), "utf8")),
    );
    for (const text of files) {
      expect(text).not.toContain(cookie.split("=")[1]);
      expect(text).not.toContain(admin.password);
    }
    live = await LiveServer.start({ dataDir: live.dataDir });
    expect(await statusWith(cookie)).toBe(200);
  });

  test("ends when its owner signs out, for good, and his live view with it", async () => {
    const { cookie } = live;
    const viewer = await TestViewer.connect(live);
    const response = await fetchAs(live, "/api/v1/logout", { method: "POST" });
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()[0]).toMatch(/^xnorcam=; Path=\/; Max-Age=0;/);
    await until("the live view was closed", () => viewer.closed !== null);
    expect(await statusWith(cookie)).toBe(401);
    await live.stop({ keepData: true });
    live = await LiveServer.start({ dataDir: live.dataDir });
    expect(await statusWith(cookie)).toBe(401);
  });

  test("is never one that the browser brought along, and that one ends", async () => {
    const planted = `xnorcam=${"A".repeat(43)}`;
    const first = await post("login", admin, { cookie: planted });
    expect(cookieOf(first)).not.toBe(planted);
    expect(await statusWith(planted)).toBe(401);
    const second = await post("login", admin, { cookie: cookieOf(first) });
    expect(await statusWith(cookieOf(first))).toBe(401);
    expect(await statusWith(cookieOf(second))).toBe(200);
  });
});

describe("signing in", () => {
  test.each([
    ["a wrong password", { name: "admin", password: "correct horsf" }],
    ["somebody who does not exist", { name: "nobody", password: "correct horse" }],
  ])("with %s gives the same answer and no cookie", async (_what, body) => {
    const response = await post("login", body);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ detail: "the name or the password is wrong" });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test.each([
    ["no object", "hello"],
    ["null", null],
    ["a list", []],
    ["a password that is a list", { name: "admin", password: ["correct horse", "x"] }],
    ["a name that is an object", { name: {}, password: "correct horse" }],
    ["no password", { name: "admin" }],
    ["an unknown field", { ...admin, remember: true }],
    ["a prototype", JSON.parse('{"__proto__": {}, "name": "admin", "password": "correct horse"}')],
    ["a name that is too long", { name: "a".repeat(41), password: "correct horse" }],
  ])("with %s is a 400", async (_what, body) => {
    const response = await post("login", body);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
  });

  test("with a body larger than any name and password is a 413", async () => {
    expect((await post("login", { name: "admin", password: "x".repeat(2000) })).status).toBe(413);
  });
});

describe("a request that changes something", () => {
  const from = (headers: Record<string, string>) => post("login", admin, headers);

  test.each([
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("is refused from a page of another site: %o", async (headers) => {
    expect((await from(headers)).status).toBe(403);
  });

  test("is taken from a page of this camera, and from a program", async () => {
    expect((await from({ origin: live.url, "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await from({})).status).toBe(200);
  });

  test("is refused as a form of another site would send it", async () => {
    const response = await fetch(`${live.url}/api/v1/logout`, {
      method: "POST",
      headers: { cookie: live.cookie, origin: "http://evil.example" },
      body: new URLSearchParams({ a: "b" }),
    });
    expect(response.status).toBe(403);
    expect(await statusWith(live.cookie)).toBe(200);
  });
});

test("a camera whose users can't be read does not start, since anybody could become its first", async () => {
  await live.stop({ keepData: true });
  await writeFile(fileOf("users.json"), '{"version": 2, "entries": []}');
  await expect(LiveServer.start({ dataDir: live.dataDir })).rejects.toMatchObject({
    code: "XC_ACCESS_FILE",
    message: expect.stringContaining("users.json.version: Expected 1"),
  });
  await writeFile(fileOf("users.json"), '{"version": 1, "us');
  await expect(LiveServer.start({ dataDir: live.dataDir })).rejects.toMatchObject({ code: "XC_ACCESS_FILE" });
});
