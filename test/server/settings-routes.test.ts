import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TObject } from "@sinclair/typebox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import { SettingsStore, type SettingsView } from "../../src/config/settings-store.ts";
import { LiveServer } from "../helpers/live-server.ts";

const text = `# My camera
[camera]
source = "ffmpeg:rtsp://me:secret@10.0.0.7/stream?key=1"

[alarm]
k = 2   # not too eager
`;

let folder: string;
let file: string;
let live: LiveServer;
let store: SettingsStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-settings-"));
  file = join(folder, "xnorcam.toml");
  writeFileSync(file, text, { mode: 0o640 });
  await start();
});
afterEach(async () => {
  await live.stop();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  store = new SettingsStore({ file, overrides: { fps: 2 }, env: { PORT: "0" } });
  // Stands for a part that takes the section alarm while it runs.
  store.connect({
    takes: (changes) => changes.filter(({ path: [section] }) => section === "alarm"),
    problems: ({ alarm }) =>
      alarm.classes.includes("unicorn")
        ? [{ path: ["alarm", "classes"], message: "alarm.classes: there are no unicorns" }]
        : [],
    apply: ({ alarm }) => live.alarm.apply({ classes: alarm.classes, k: alarm.k, n: alarm.n, holdMs: 1500 }),
  });
  live = await LiveServer.start({ settings: store });
}

async function settings(): Promise<SettingsView & { schema: TObject; values: Config }> {
  return (await (await live.fetch("/api/v1/settings")).json()) as Awaited<ReturnType<typeof settings>>;
}

/** Of a change that was made, or of the problem. */
interface Answer {
  applied: string[];
  restart: string[];
  detail: string;
  errors: { path: string; message: string }[];
}

async function patch(body: unknown, type = "application/json"): Promise<{ status: number; body: Answer }> {
  const response = await live.fetch("/api/v1/settings", {
    method: "PATCH",
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  if (!response.ok) expect(response.headers.get("content-type")).toContain("application/problem+json");
  return { status: response.status, body: (await response.json()) as Answer };
}

const onDisk = () => readFileSync(file, "utf8");

test("the settings are shown complete, with their schema, what goes before them, and no secret", async () => {
  const { schema, values, restart, overridden } = await settings();
  expect(schema.properties.alarm?.properties.k).toMatchObject({
    type: "integer",
    default: 3,
    maximum: 1000,
    description: expect.stringContaining("n"),
  });
  expect(values.alarm).toMatchObject({ k: 2, n: 5, zones: [] });
  expect(values.camera.source).toBe("ffmpeg:rtsp://…@10.0.0.7/stream?…");
  expect(restart).toEqual([]);
  expect(overridden).toEqual(["server.port", "camera.fps"]);
});

describe("a change", () => {
  test("is written into the file, comments and all, and taken at once where that is possible", async () => {
    const change = { alarm: { k: 1, holdSeconds: 20 }, camera: { fps: 7 } };
    const { status, body } = await patch(change, "application/merge-patch+json");
    expect(status).toBe(200);
    expect(body).toEqual({ applied: ["alarm.k", "alarm.holdSeconds"], restart: ["camera.fps"] });
    expect(onDisk()).toBe(
      text
        .replace("k = 2   # not too eager\n", "k = 1   # not too eager\nholdSeconds = 20\n")
        .replace('key=1"\n', 'key=1"\nfps = 7\n'),
    );
    expect(await settings()).toMatchObject({
      values: { alarm: { k: 1 }, camera: { fps: 7 } },
      restart: ["camera.fps"],
    });
    live.publish([{ label: "rifle", isWeapon: true, score: 0.9, box: [10, 10, 50, 50] }]);
    expect(live.alarm.report().active).toBe(true);
  });

  test("that is taken back waits for no start any more", async () => {
    await patch({ camera: { fps: 7 } });
    expect((await patch({ camera: { fps: null } })).body).toEqual({ applied: [], restart: [] });
    expect(onDisk()).toBe(text);
  });

  test("keeps what stands for a secret, and what somebody wrote into the file meanwhile", async () => {
    const { values } = await settings();
    writeFileSync(file, `${text}n = 4\n`);
    const { body } = await patch({ camera: values.camera, alarm: { minSize: 0.1 } });
    expect(body.applied).toEqual(["alarm.n", "alarm.minSize"]);
    expect(onDisk()).toContain('source = "ffmpeg:rtsp://me:secret@10.0.0.7/stream?key=1"\n');
    expect(onDisk()).toContain("n = 4\nminSize = 0.1\n");
  });

  test("leaves the file to those who could read it, unless it holds a password", async () => {
    await patch({ alarm: { k: 3 } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await patch({ camera: { source: "rpicam" } });
    writeFileSync(join(folder, "open.toml"), "", { mode: 0o644 });
    await new SettingsStore({ file: join(folder, "open.toml"), env: {} }).change({ alarm: { k: 1 } });
    expect(statSync(join(folder, "open.toml")).mode & 0o777).toBe(0o644);
  });

  test("goes through a link to the file itself, and leaves nothing beside it", async () => {
    await patch({ alarm: { k: 3 } });
    expect(readdirSync(folder)).toEqual(["xnorcam.toml"]);
  });

  test("is made one after the other, however many come at once", async () => {
    const keys = ["k", "n", "holdSeconds", "minSize", "testSeconds", "cooldownSeconds"];
    const answers = await Promise.all(keys.map((key) => patch({ alarm: { [key]: 1 } })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect((await settings()).values.alarm).toMatchObject(Object.fromEntries(keys.map((key) => [key, 1])));
  });

  test("makes the file where there is none yet", async () => {
    const dataDir = join(folder, "data");
    mkdirSync(dataDir);
    const fresh = new SettingsStore({ env: { XNORCAM_DATA_DIR: dataDir } });
    await fresh.change({ outputs: [{ gpio: 4 }, { gpio: 5, maxOnSeconds: null }] });
    const again = new SettingsStore({ env: { XNORCAM_DATA_DIR: dataDir } });
    expect(again.config.outputs.map(({ gpio }) => gpio)).toEqual([4, 5]);
    expect(readFileSync(join(dataDir, "xnorcam.toml"), "utf8")).toMatch(/^# Settings of this camera/);
  });

  test("that can't be written into the text has the file written anew, and kept as it was", async () => {
    // A header would begin the section a second time; TOML allows no key behind it either.
    const odd = "# Mine\nalarm.k = 2\n[alarm.thresholds]\nknife = 0.5\n[camera]\n";
    writeFileSync(file, odd);
    const { status } = await patch({ alarm: { thresholds: null, k: 3 }, dataDir: "x\u007f" });
    expect(status).toBe(200);
    expect(readFileSync(`${file}.bak`, "utf8")).toBe(odd);
    expect((await settings()).values).toMatchObject({ alarm: { k: 3 }, dataDir: "x\u007f" });
  });
});

describe("a change that is refused changes nothing", () => {
  const corners = [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
  ];

  test("and has everything that is wrong with it told at once", async () => {
    const { status, body } = await patch({
      server: { port: 80_000 },
      alarm: { k: 9, n: "five", colour: "red" },
      log: { level: "loud" },
      television: true,
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ status: 422, title: "Unprocessable Entity" });
    expect(body.detail).toMatch(/^nothing was changed: .* \(and 4 more\)$/);
    expect(body.errors.map(({ path }) => path).sort()).toEqual([
      "alarm.colour",
      "alarm.n",
      "log.level",
      "server.port",
      "television",
    ]);
    expect(body.errors).toContainEqual({
      path: "server.port",
      message: "server.port is 80000, expected a whole number from 0 to 65535",
    });
    expect(onDisk()).toBe(text);
    expect((await settings()).values.server.port).toBe(8080);
  });

  test.each([
    [
      "2 corners",
      corners.slice(0, 2),
      /^alarm\.zones\[0\]\.points has 2 entries, expected a list, at least 3/,
    ],
    [
      "10,000 corners",
      Array(10_000).fill([0, 1]),
      /^alarm\.zones\[0\]\.points has 10000 entries, .*at most 64/,
    ],
    ["crossing edges", corners, /^alarm\.zones\[0\]\.points \("door"\): the edge .* meets the edge/],
  ])("and a zone with %s gets one clear error", async (_what, points, message) => {
    const { status, body } = await patch({ alarm: { zones: [{ name: "door", points }] } });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ path: "alarm.zones[0].points", message: expect.stringMatching(message) }]);
    expect(onDisk()).toBe(text);
  });

  test("by a part of the program that knows better", async () => {
    const { status, body } = await patch({ alarm: { classes: ["unicorn"] } });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ path: "alarm.classes", message: "alarm.classes: there are no unicorns" }]);
  });

  test.each(["[]", "null", '"text"', "5"])("where it is %s", async (body) => {
    expect((await patch(body)).status).toBe(422);
  });

  test("where it is no JSON, too long, or of another kind", async () => {
    expect((await patch("{")).status).toBe(400);
    expect((await patch("")).status).toBe(400);
    expect((await patch('{"__proto__": {"alarm": 1}}')).status).toBe(400);
    expect((await patch(`{"dataDir": "${"x".repeat(140_000)}"}`)).status).toBe(413);
    expect((await patch("alarm.k = 1", "text/plain")).status).toBe(415);
    expect((await patch("k: 1", "application/yaml")).status).toBe(415);
    expect(onDisk()).toBe(text);
  });

  test("where it is nested as deep as it can be", async () => {
    const deep = `${'{"alarm":'.repeat(10_000)}1${"}".repeat(10_000)}`;
    expect((await patch(deep)).status).toBe(422);
    expect(onDisk()).toBe(text);
  });

  test("where the file was broken by hand meanwhile, which says where", async () => {
    writeFileSync(file, "[alarm]\nk = 0\n");
    const { status, body } = await patch({ alarm: { n: 7 } });
    expect(status).toBe(409);
    expect(body.detail).toBe(`${file}:2: alarm.k is 0, expected a whole number from 1 to 1000`);
    expect(onDisk()).toBe("[alarm]\nk = 0\n");
  });

  test("where the file can't be written, which says why", async () => {
    mkdirSync(`${file}.new`);
    const { status, body } = await patch({ alarm: { k: 5 } });
    expect(status).toBe(503);
    expect(body.detail).toContain(`${file} can't be written: `);
    expect((await settings()).values.alarm.k).toBe(2);
    expect(onDisk()).toBe(text);
  });
});
