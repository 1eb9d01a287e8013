import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SettingsStore } from "../../src/config/settings-store.ts";
import { createApp } from "../../src/server/app.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { complaintAbout, type OpenapiDocument } from "../helpers/openapi.ts";

let live: LiveServer;
let document: OpenapiDocument;

beforeAll(async () => {
  live = await LiveServer.start({ settings: new SettingsStore({ file: undefined, env: {} }) });
  document = (await (await live.fetch("/api/v1/openapi.json")).json()) as OpenapiDocument;
});
afterAll(() => live.stop());

/** "GET /api/v1/events/{id}", of what the server has; from the tree in which fastify prints it. */
async function registeredRoutes(): Promise<string[]> {
  const app = await createApp(live.parts);
  await app.ready();
  const tree = app.printRoutes({ commonPrefix: false });
  await app.close();
  const parents: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", part = "", methods = ""] = /^([\s│├└─]*)(\S+) \(([A-Z, ]+)\)$/.exec(line) ?? [];
    const depth = indent.length / 4;
    if (part === "" || part === "*") return [];
    parents.length = depth - 1;
    parents.push(part);
    const path = parents.join("").replace(/:(\w+)/g, "{$1}");
    return methods.split(", ").map((method) => `${method} ${path}`);
  });
}

describe("the description of the interface", () => {
  test("has every route that the server answers", async () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const registered = (await registeredRoutes()).filter((route) => !/^HEAD | \/try/.test(route));
    expect(registered).toContain("PATCH /api/v1/settings");
    expect(described.sort()).toEqual(registered.sort());
  });

  test("says of each who may use it, and what its errors look like", () => {
    expect(document.openapi).toBe("3.1.0");
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const operation of Object.values(operations)) {
        expect(operation.description, path).toMatch(/Everybody may\.$|Takes the right "\w+"\.$/);
        expect(operation.responses.default?.content, path).toEqual({
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        });
        const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = operation.parameters?.filter((parameter) => parameter.in === "path") ?? [];
        expect(declared.map(({ name }) => name)).toEqual(parameters);
      }
    }
    expect(document.components.schemas).toHaveProperty("Problem");
  });

  test("is not for strangers", async () => {
    expect((await fetch(`${live.url}/api/v1/openapi.json`)).status).toBe(401);
  });
});

describe("every error is a problem as described", () => {
  const json = { "content-type": "application/json" };
  test.each<[number, string, string, RequestInit]>([
    [400, "a body that is no JSON", "/api/v1/login", { method: "POST", headers: json, body: "{" }],
    [400, "a body without a field", "/api/v1/login", { method: "POST", headers: json, body: "{}" }],
    [400, "an empty body", "/api/v1/login", { method: "POST", headers: json, body: "" }],
    [400, "a prototype", "/api/v1/login", { method: "POST", headers: json, body: '{"__proto__":{}}' }],
    [400, "a query that nobody knows", "/api/v1/events?colour=red", {}],
    [404, "an address that leads nowhere", "/api/v1/nothing", {}],
    [404, "a broken escape", "/api/v1/%zz", {}],
    [405, "another method", "/api/v1/status", { method: "DELETE" }],
    [
      413,
      "a body that is too long",
      "/api/v1/login",
      { method: "POST", headers: json, body: " ".repeat(2e5) },
    ],
    [
      415,
      "a body of another type",
      "/api/v1/login",
      { method: "POST", headers: { "content-type": "a/b" }, body: "x" },
    ],
    [
      422,
      "settings that don't fit",
      "/api/v1/settings",
      { method: "PATCH", headers: json, body: '{"alarm":1}' },
    ],
  ])("%i for %s", async (status, _what, path, init) => {
    const response = await live.fetch(path, {
      ...init,
      headers: { ...(init.headers as Record<string, string>) },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const body = (await response.json()) as { status: number };
    expect(body.status).toBe(status);
    expect(await complaintAbout(body, document.components.schemas.Problem!)).toBeNull();
  });

  test("405 names the methods that would do", async () => {
    const response = await live.fetch("/api/v1/events/7", { method: "PUT" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("DELETE, GET, HEAD, PATCH");
  });
});
