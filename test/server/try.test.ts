import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listTryModels } from "../../src/server/try-models.ts";
import type { TryModel } from "../../src/server/wire.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { bundledModel } from "../helpers/paths.ts";
import { rawRequest } from "../helpers/raw-request.ts";

describe("the models that /try offers", () => {
  test("are those of the folder, those that ship first, the methods last and in their order", async () => {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    mkdirSync(join(folder, "methods"));
    const names = [
      "b",
      "xnor-yolo-plus",
      "xnor-yolo-zero",
      "a",
      "methods/bnn",
      "methods/zzz",
      "methods/float",
    ];
    for (const name of names) writeFileSync(join(folder, `${name}.safetensors`), name);
    for (const other of ["a.md", ".hidden.safetensors", "b c.safetensors"])
      writeFileSync(join(folder, other), "");
    mkdirSync(join(folder, "folder.safetensors"));
    symlinkSync("/nowhere", join(folder, "gone.safetensors"));
    const models = await listTryModels(folder);
    expect(models.map(({ name }) => name)).toEqual([
      "xnor-yolo-zero",
      "xnor-yolo-plus",
      "a",
      "b",
      "float",
      "bnn",
      "zzz",
    ]);
    expect(models[4]).toEqual({ name: "float", file: "models/methods/float.safetensors", bytes: 13 });
  });

  test("are none where there is no folder", async () => {
    expect(await listTryModels("/nowhere")).toEqual([]);
  });
});

describe("the camera", () => {
  let live: LiveServer;
  beforeAll(async () => {
    live = await LiveServer.start();
  });
  afterAll(() => live.stop());

  test("lists what is installed, to anybody, and gives each file of the list", async () => {
    const response = await fetch(`${live.url}/try/models.json`);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const models = (await response.json()) as TryModel[];
    const { length: bytes } = readFileSync(bundledModel);
    expect(models[0]).toEqual({ name: "xnor-yolo-zero", file: "models/xnor-yolo-zero.safetensors", bytes });
    for (const { file, bytes } of models) {
      const { status, headers } = await fetch(`${live.url}/try/${file}`);
      expect([status, headers.get("content-length")], file).toEqual([200, String(bytes)]);
    }
  });

  test.each([
    "models/xnor-yolo-zero.md",
    "models/.hidden.safetensors",
    "models/",
    "models/methods/",
    "models/../package.json",
    "models/../../package.json",
    "models/%2e%2e/package.json",
    "models/..%2f..%2fpackage.json",
    "models/methods/..%2f..%2f..%2fetc%2fpasswd",
    "models/methods/%2e%2e/%2e%2e/test/e2e/x.safetensors",
    "models/methods/methods/x.safetensors",
    "models//etc/passwd",
    "models/%00.safetensors",
  ])("gives nothing else: %s", async (path) => {
    const answer = await rawRequest(
      live.url,
      `GET /try/${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403|404) /);
    expect(answer).not.toMatch(/"dependencies"|root:/);
  });
});
