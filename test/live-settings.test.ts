import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SettingsStore } from "../src/config/settings-store.ts";
import { Camera } from "../src/main.ts";
import type { CameraStatus } from "../src/server/status.ts";
import { picturesRoot } from "./helpers/live-server.ts";
import { account, Mosquitto } from "./helpers/mosquitto.ts";
import { MqttConsumer } from "./helpers/mqtt-consumer.ts";
import { fetchAs, type SignedIn, signIn } from "./helpers/sign-in.ts";
import { until } from "./helpers/until.ts";

const whole = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

let folder: string;
let file: string;
let log: string[];
let camera: Camera;
let session: SignedIn;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-"));
  file = join(folder, "camera.toml");
  await writeFile(
    file,
    `[model]
threshold = 0.001  # whatever the network thinks it sees at all

[alarm]
classes = ["person"]
k = 1
n = 1

[[alarm.zones]]    # the whole picture
name = "all"
kind = "ignore"
points = ${JSON.stringify(whole)}

[[outputs]]
gpio = 17
`,
  );
  const store = new SettingsStore({
    file,
    env: {},
    overrides: { port: 0, dataDir: join(folder, "data"), replay: picturesRoot, fps: 10 },
  });
  log = [];
  const destination = { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) };
  camera = new Camera(store.config, pino({ level: "warn" }, destination), store);
  const { url } = await camera.start();
  session = await signIn(url, join(folder, "data"));
});
afterEach(async () => {
  await camera.stop();
  await rm(folder, { recursive: true, force: true });
});

async function status(): Promise<CameraStatus> {
  return (await (await fetchAs(session, "/api/v1/status")).json()) as CameraStatus;
}

async function patch(change: object): Promise<{ status: number; body: object }> {
  const body = JSON.stringify(change);
  const headers = { "content-type": "application/json" };
  const response = await fetchAs(session, "/api/v1/settings", { method: "PATCH", headers, body });
  return { status: response.status, body: (await response.json()) as object };
}

describe("a running camera takes new settings without a start", () => {
  test("zones, outputs and the log; and names what waits for the next", async () => {
    const ignored = /in zone all, which is ignored$/;
    await until(
      "it ignores what it sees",
      async () => (await status()).alarm.verdicts.some(({ reason }) => ignored.test(reason)),
      15_000,
    );
    expect((await status()).alarm.active).toBe(false);
    expect(await patch({ log: { level: "debug" }, camera: { width: 320 } })).toEqual({
      status: 200,
      body: { applied: ["log.level"], restart: ["camera.width"] },
    });
    const zones = [{ name: "all", kind: "watch", points: whole }];
    const outputs = [{ gpio: 17, zones: ["all"] }];
    expect(await patch({ alarm: { zones }, outputs })).toEqual({
      status: 200,
      body: { applied: ["alarm.zones[0].kind", "outputs[0].zones"], restart: ["camera.width"] },
    });
    await until("the alarm is on", async () => (await status()).alarm.active, 15_000);
    expect((await status()).outputs).toMatchObject([{ on: true }]);
    expect(log).toContain(
      "settings changed: alarm.zones[0].kind, outputs[0].zones now, camera.width at the next start",
    );
    expect(await readFile(file, "utf8")).toContain(
      '[[alarm.zones]]    # the whole picture\nname = "all"\nkind = "watch"\n',
    );
  });

  test("but neither a class that the network lacks, nor other pins", async () => {
    expect(await patch({ alarm: { classes: ["unicorn"], thresholds: { dragon: 0.5 } } })).toMatchObject({
      status: 422,
      body: {
        errors: [
          { path: "alarm.classes", message: expect.stringContaining('"unicorn" is no class of') },
          { path: "alarm.thresholds", message: expect.stringContaining('"dragon" is no class of') },
        ],
      },
    });
    expect(await patch({ outputs: [{ gpio: 4, pattern: "pulse" }] })).toEqual({
      status: 200,
      body: { applied: [], restart: ["outputs[0].gpio", "outputs[0].pattern"] },
    });
  });

  test("a broker that is named is told at once, and no more when it is not named any more", async () => {
    const broker = await Mosquitto.start();
    const consumer = await MqttConsumer.connect(broker, ["xnorcam/#"]);
    try {
      const said = (text: string) => consumer.last("xnorcam/xnorcam/availability") === text;
      const { url } = broker;
      expect(await patch({ mqtt: { url, ...account } })).toEqual({
        status: 200,
        body: { applied: ["mqtt.url", "mqtt.username", "mqtt.password"], restart: [] },
      });
      await until("the camera is there", () => said("online"), 15_000);
      expect(await patch({ mqtt: { url: null } })).toMatchObject({ body: { applied: ["mqtt.url"] } });
      await until("it has gone", () => said("offline"), 15_000);
    } finally {
      await consumer.stop();
      await broker.stop();
    }
  });
});
