import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accessFolder } from "../../src/auth/access-control.ts";
import { LiveServer, TestViewer } from "../helpers/live-server.ts";
import { admin, cookieFor, cookieOf, fetchAs } from "../helpers/sign-in.ts";
import { until } from "../helpers/until.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const api = (method: string, path: string, body?: unknown) =>
  live.fetch(`/api/v1/${path}`, body === undefined ? { method } : json(method, body));
const as = (authorization: string, path: string, init: RequestInit = {}) =>
  fetch(`${live.url}/api/v1/${path}`, {
    ...init,
    headers: { authorization, ...(init.headers as Record<string, string>) },
  });
const guest = { name: "guest", password: "a long password" };
const addGuest = () => api("POST", "users", { ...guest, role: "viewer" });
const guestCookie = () => cookieFor(live.url, "login", guest);

async function tokenFor(...scopes: string[]): Promise<{ id: string; token: string }> {
  const response = await api("POST", "tokens", { name: "Home Assistant", scopes });
  return (await response.json()) as { id: string; token: string };
}

describe("users", () => {
  test("are added, listed without their passwords, and removed", async () => {
    const added = await addGuest();
    expect([added.status, await added.json()]).toEqual([201, { name: "guest", role: "viewer" }]);
    const listed = (await (await api("GET", "users")).json()) as { users: object[] };
    expect(listed.users).toEqual([
      { name: "admin", role: "admin", since: expect.any(String) },
      { name: "guest", role: "viewer", since: expect.any(String) },
    ]);
    expect((await addGuest()).status).toBe(409);
    expect((await api("DELETE", "users/guest")).status).toBe(204);
    expect((await api("DELETE", "users/guest")).status).toBe(404);
  });

  test("who are viewers watch, and do nothing else", async () => {
    await addGuest();
    const cookie = await guestCookie();
    const statuses = await Promise.all(
      [
        ["GET", "status"],
        ["GET", "alarm"],
        ["GET", "users"],
        ["GET", "tokens"],
        ["GET", "audit"],
        ["POST", "users"],
        ["POST", "tokens"],
        ["POST", "alarm/test"],
        ["DELETE", "users/admin"],
      ].map(
        async ([method = "", path]) =>
          (await fetchAs({ url: live.url, cookie }, `/api/v1/${path}`, { method })).status,
      ),
    );
    expect(statuses).toEqual([200, 200, 403, 403, 403, 403, 403, 403, 403]);
  });

  test("who are removed see nothing more, at once", async () => {
    await addGuest();
    const cookie = await guestCookie();
    const viewer = await TestViewer.connect({ url: live.url, cookie });
    const mine = await TestViewer.connect(live);
    await api("DELETE", "users/guest");
    await until("the live view was closed", () => viewer.closed !== null);
    expect((await fetchAs({ url: live.url, cookie }, "/api/v1/status")).status).toBe(401);
    expect(mine.closed).toBeNull();
    mine.close();
  });

  test("always leave an admin", async () => {
    const response = await api("DELETE", "users/admin");
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      detail: "admin is the last admin; make another one first",
    });
  });

  test.each([
    ["no name", { name: "", password: "a long password", role: "viewer" }],
    ["a path for a name", { name: "../../etc", password: "a long password", role: "viewer" }],
    ["a line break in the name", { name: "a\nb", password: "a long password", role: "viewer" }],
    ["a short password", { name: "guest", password: "1234567", role: "viewer" }],
    ["another role", { name: "guest", password: "a long password", role: "root" }],
    ["an unknown field", { name: "guest", password: "a long password", role: "viewer", admin: true }],
  ])("with %s are refused", async (_what, body) => {
    expect((await api("POST", "users", body)).status).toBe(400);
    expect(live.accounts.users.all).toHaveLength(1);
  });

  test.each(["..%2f..%2fusers.json", "%00", "constructor", "__proto__", "x".repeat(5000)])(
    "are not found under the name %s",
    async (name) => {
      const { status } = await api("DELETE", `users/${name}`);
      expect([404, 414]).toContain(status);
      expect(live.accounts.users.all).toHaveLength(1);
    },
  );
});

describe("the own password", () => {
  test("is changed with the old one; every other session ends, this one gets a new cookie", async () => {
    const other = await cookieFor(live.url, "login", admin);
    const response = await api("PUT", "account/password", { old: admin.password, new: "another password" });
    expect(response.status).toBe(204);
    const statusWith = async (cookie: string) =>
      (await fetchAs({ url: live.url, cookie }, "/api/v1/status")).status;
    expect(await statusWith(other)).toBe(401);
    expect(await statusWith(live.cookie)).toBe(401);
    expect(await statusWith(cookieOf(response))).toBe(200);
    await expect(cookieFor(live.url, "login", admin)).rejects.toThrow("401");
    await cookieFor(live.url, "login", { name: "admin", password: "another password" });
  });

  test("stays what it is when the old one is wrong, the new one is short, or a program asks", async () => {
    const statuses = [
      (await api("PUT", "account/password", { old: "wrong", new: "another password" })).status,
      (await api("PUT", "account/password", { old: admin.password, new: "short" })).status,
    ];
    const { token } = await tokenFor("admin");
    const body = { old: admin.password, new: "another password" };
    statuses.push((await as(`Bearer ${token}`, "account/password", json("PUT", body))).status);
    expect(statuses).toEqual([403, 400, 403]);
    await cookieFor(live.url, "login", admin);
  });
});

describe("an API token", () => {
  test("is shown once, and what is kept of it is no token", async () => {
    const { id, token } = await tokenFor("view");
    expect(token).toMatch(/^xnorcam_[\w-]{43}$/);
    const listed = await (await api("GET", "tokens")).text();
    expect(JSON.parse(listed)).toEqual({
      tokens: [{ id, name: "Home Assistant", scopes: ["view"], since: expect.any(String) }],
    });
    const kept = await readFile(join(accessFolder(live.dataDir), "tokens.json"), "utf8");
    expect(kept).not.toContain(token.slice(8));
    expect((await as(`Bearer ${/"hash": "([^"]+)"/.exec(kept)![1]}`, "status")).status).toBe(401);
  });

  test("does what its scopes say, and nothing else", async () => {
    const asks = async (token: string) =>
      await Promise.all(
        [
          as(`Bearer ${token}`, "status"),
          as(`Bearer ${token}`, "alarm/mode", json("POST", { mode: "home" })),
          as(`Bearer ${token}`, "users"),
        ].map(async (response) => (await response).status),
      );
    expect(await asks((await tokenFor("view")).token)).toEqual([200, 403, 403]);
    expect(await asks((await tokenFor("alarm")).token)).toEqual([403, 200, 403]);
    expect(await asks((await tokenFor("settings")).token)).toEqual([403, 403, 403]);
    expect(await asks((await tokenFor("view", "alarm")).token)).toEqual([200, 200, 403]);
    expect(await asks((await tokenFor("admin")).token)).toEqual([200, 200, 200]);
    expect(await asks("xnorcam_made-up")).toEqual([401, 401, 401]);
  });

  test("opens the live view, also as the password of a player's address, until it is removed", async () => {
    const { id, token } = await tokenFor("view");
    const authorization = `Basic ${Buffer.from(`vlc:${token}`).toString("base64")}`;
    const viewer = await TestViewer.connect({ url: live.url, cookie: "" }, { headers: { authorization } });
    const stream = await as(authorization, "live.mjpeg");
    expect(stream.status).toBe(200);
    expect((await api("DELETE", `tokens/${id}`)).status).toBe(204);
    await until("the live view was closed", () => viewer.closed !== null);
    // It comes to an end.
    expect(await stream.text()).toMatch(/^--xnorcam-frame\r\n/);
    expect((await as(authorization, "status")).status).toBe(401);
    expect((await api("DELETE", `tokens/${id}`)).status).toBe(404);
  });

  test("is asked for in a way that players understand, and that opens no window in a browser", async () => {
    const challenge = async (agent: string) =>
      (await fetch(`${live.url}/api/v1/live.mjpeg`, { headers: { "user-agent": agent } })).headers.get(
        "www-authenticate",
      );
    expect(await challenge("VLC/3.0.20 LibVLC/3.0.20")).toBe('Basic realm="xnorcam", charset="UTF-8"');
    expect(await challenge("Mozilla/5.0 (X11; Linux x86_64)")).toBe("Bearer");
  });

  test.each([
    ["no scope", { name: "x", scopes: [] }],
    ["an unknown scope", { name: "x", scopes: ["root"] }],
    ["scopes that are an object", { name: "x", scopes: {} }],
    ["an unknown field", { name: "x", scopes: ["view"], token: "mine" }],
  ])("with %s is refused", async (_what, body) => {
    expect((await api("POST", "tokens", body)).status).toBe(400);
  });

  test("is as good after a restart", async () => {
    const { token } = await tokenFor("view");
    await live.stop({ keepData: true });
    live = await LiveServer.start({ dataDir: live.dataDir });
    expect((await as(`Bearer ${token}`, "status")).status).toBe(200);
  });
});

describe("the alarm", () => {
  test("is armed, tried and acknowledged from elsewhere", async () => {
    const post = async (path: string, body?: object) =>
      await (await api("POST", `alarm/${path}`, body)).json();
    expect(await post("mode", { mode: "off" })).toMatchObject({ mode: "off", phase: "off" });
    expect(await post("test")).toMatchObject({ active: true, reason: "test alarm" });
    expect(live.output.on).toBe(true);
    expect(await (await api("GET", "alarm")).json()).toMatchObject({ active: true });
    expect(await post("acknowledge")).toMatchObject({ active: false });
    expect(live.output.on).toBe(false);
    expect(await post("mode", { mode: "away" })).toMatchObject({ mode: "away" });
  });

  test.each([{ mode: "vacation" }, { mode: null }, {}, { mode: "off", force: true }])(
    "stays as it is when asked for %o",
    async (body) => {
      expect((await api("POST", "alarm/mode", body)).status).toBe(400);
      expect(live.alarm.report().mode).toBe("away");
    },
  );
});

test("the audit log says who did what from where, and not what strangers typed", async () => {
  await addGuest();
  await expect(cookieFor(live.url, "login", { name: "Guest", password: "wrong" })).rejects.toThrow("401");
  await expect(cookieFor(live.url, "login", { name: "my secret", password: "wrong" })).rejects.toThrow("401");
  const { token } = await tokenFor("alarm");
  await as(`Bearer ${token}`, "alarm/mode", json("POST", { mode: "off" }));
  await as(`Bearer ${token}`, "users", json("POST", {}));
  await api("DELETE", "users/guest");
  const { entries, next } = (await (await api("GET", "audit?limit=6")).json()) as {
    entries: Record<string, string>[];
    next: number;
  };
  expect(entries.map(({ who, address, action, detail }) => [who, address, action, detail])).toEqual([
    ["admin", "127.0.0.1", "remove user", "guest"],
    ["Home Assistant", "127.0.0.1", "arm", "off"],
    ["admin", "127.0.0.1", "add token", "Home Assistant: alarm"],
    [null, "127.0.0.1", "sign in", "refused"],
    [null, "127.0.0.1", "sign in", "refused: guest"],
    ["admin", "127.0.0.1", "add user", "guest, viewer"],
  ]);
  const older = await (await api("GET", `audit?before=${next}`)).json();
  expect(older).toMatchObject({ entries: [{ who: "admin", action: "set up" }], next: null });
  expect((await api("GET", "audit?limit=100000")).status).toBe(400);
});

describe("two thousand wrong passwords", () => {
  /** Signs in from an address of this machine's own network. @returns the status */
  async function login(agent: Agent, localAddress: string, password: string): Promise<number> {
    const body = JSON.stringify({ name: "admin", password });
    const sent = request(`${live.url}/api/v1/login`, {
      method: "POST",
      agent,
      localAddress,
      headers: { "content-type": "application/json", "content-length": body.length },
    });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
    response.resume();
    await once(response, "end");
    return response.statusCode;
  }

  test("from one address are refused without a look, and keep nobody else out", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const counts = new Map<number, number>();
    let left = 2000;
    const guesser = async () => {
      while (left-- > 0) {
        const status = await login(agent, "127.0.0.1", `guess ${left}`);
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    };
    const beganMs = performance.now();
    const attack = Promise.all(Array.from({ length: 20 }, guesser));
    await until("the attack is under way", () => (counts.get(429) ?? 0) > 100, 20_000);
    const mine = new Agent();
    expect(await login(mine, "127.0.0.2", admin.password)).toBe(200);
    expect(left).toBeGreaterThan(0);
    await attack;
    const answered = counts.get(401) ?? 0;
    // Ten at once, and one for each ten seconds that it took.
    expect(answered).toBeLessThanOrEqual(11 + (performance.now() - beganMs) / 10_000);
    expect(counts.get(429)).toBe(2000 - answered);
    agent.destroy();
    mine.destroy();
  }, 120_000);
});
