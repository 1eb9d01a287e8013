import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SettingsStore } from "../../src/config/settings-store.ts";
import { Camera } from "../../src/main.ts";
import type { CameraStatus } from "../../src/server/status.ts";
import { picturesRoot } from "../helpers/live-server.ts";
import { complaintAbout, type OpenapiDocument } from "../helpers/openapi.ts";
import { fetchAs, type SignedIn, signIn } from "../helpers/sign-in.ts";
import { until } from "../helpers/until.ts";

let folder: string;
let camera: Camera;
let session: SignedIn;

/** A camera that has seen something, raised the alarm and recorded it: no answer of it is empty. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-answers-"));
  const dataDir = join(folder, "data");
  const store = new SettingsStore({
    env: {},
    overrides: { port: 0, dataDir, replay: picturesRoot, fps: 10 },
  });
  const { config } = store;
  const eager = {
    ...config,
    model: { ...config.model, threshold: 0.001 },
    alarm: { ...config.alarm, classes: ["person"], k: 1, n: 1 },
  };
  camera = new Camera(eager, pino({ level: "silent" }), store);
  const { url } = await camera.start();
  session = await signIn(url, dataDir);
  await until(
    "the alarm is on",
    async () => (await json<CameraStatus>("/api/v1/status")).alarm.active,
    30_000,
  );
  await until(
    "its event has a still",
    async () => (await json<{ events: { still: boolean }[] }>("/api/v1/events")).events[0]?.still === true,
    30_000,
  );
});
afterAll(async () => {
  await camera.stop();
  await rm(folder, { recursive: true, force: true });
});

async function json<Answer>(path: string): Promise<Answer> {
  return (await (await fetchAs(session, path)).json()) as Answer;
}

test("what a camera that runs answers is what its description says", async () => {
  const { paths } = await json<OpenapiDocument>("/api/v1/openapi.json");
  const { events } = await json<{ events: { id: string }[] }>("/api/v1/events");
  const compared: string[] = [];
  for (const [path, { get }] of Object.entries(paths)) {
    const schema = get?.responses["200"]?.content?.["application/json"]?.schema;
    if (schema === undefined) continue;
    const response = await fetchAs(session, path.replace("{id}", events[0]!.id));
    // An alarm that is still on has no clip yet.
    if (path.endsWith("/frames.json") && response.status === 404) continue;
    expect(response.status, path).toBe(200);
    expect(await complaintAbout(await response.json(), schema), path).toBeNull();
    compared.push(path);
  }
  expect(compared).toEqual(
    expect.arrayContaining([
      "/healthz",
      "/api/v1/status",
      "/api/v1/settings",
      "/api/v1/events",
      "/api/v1/events/{id}",
      "/api/v1/session",
      "/api/v1/users",
      "/api/v1/tokens",
      "/api/v1/audit",
    ]),
  );
});

test("pictures come as the type that their description says", async () => {
  const { paths } = await json<OpenapiDocument>("/api/v1/openapi.json");
  const { events } = await json<{ events: { id: string }[] }>("/api/v1/events");
  for (const path of ["/api/v1/still.jpg", "/api/v1/events/{id}/still.jpg", "/metrics"]) {
    const [type] = Object.keys(paths[path]?.get?.responses["200"]?.content ?? {});
    const response = await fetchAs(session, path.replace("{id}", events[0]!.id));
    expect(response.headers.get("content-type")?.split(";")[0], path).toBe(type);
    await response.arrayBuffer();
  }
});
