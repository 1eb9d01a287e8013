import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventSummary } from "../../src/events/event.ts";
import type { Notice } from "../../src/notify/tellable.ts";
import { picturesRoot } from "../helpers/live-server.ts";
import { account, Mosquitto } from "../helpers/mosquitto.ts";
import { MqttConsumer } from "../helpers/mqtt-consumer.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { fetchAs } from "../helpers/sign-in.ts";
import { until } from "../helpers/until.ts";

const base = "xnorcam/kitchen";
/** A program that starts while others are tested takes its time. */
const startMs = 60_000;

let folder: string;
let broker: Mosquitto;
let consumer: MqttConsumer;
let program: RunningProgram | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-told-"));
  broker = await Mosquitto.start({ tls: true });
  consumer = await MqttConsumer.connect(broker, ["#"]);
  program = null;
  writeFileSync(join(folder, "password"), account.password);
  writeSettings({ mode: "off" });
});

afterEach(async () => {
  await kill();
  await consumer.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

function writeSettings(alarm: { mode: string }): void {
  const settings = {
    server: { host: "127.0.0.1" },
    // Whatever the network thinks it sees at all: the way from detection to broker is what is tested.
    model: { threshold: 0.001 },
    alarm: { classes: ["person"], k: 1, n: 1, holdSeconds: 600, testSeconds: 1, confirm: false, ...alarm },
    events: { classes: [], postRollSeconds: 0 },
    mqtt: {
      url: broker.url,
      username: account.username,
      passwordFile: "password",
      caFile: broker.caFile,
      id: "kitchen",
      pictureSeconds: 1,
    },
  };
  writeFileSync(join(folder, "camera.json"), JSON.stringify(settings));
}

/** Starts the camera and waits until the broker has its ear. */
async function start(): Promise<RunningProgram> {
  const from = broker.log.length;
  const started = await startAlone();
  await until("it listens", () => broker.log.includes(`${base}/command (QoS 1)`, from), startMs);
  return started;
}

async function startAlone(): Promise<RunningProgram> {
  const config = ["--config", join(folder, "camera.json"), "--data-dir", join(folder, "data")];
  program = await RunningProgram.start([...config, "--replay", picturesRoot, "--fps", "5", "--port", "0"]);
  return program;
}

async function kill(): Promise<void> {
  await program?.kill();
  program = null;
}

const notices = (): Notice[] =>
  consumer.of(`${base}/event`).map(({ payload }) => JSON.parse(payload.toString()));
/** For a consumer that compares ids. */
const moments = () => {
  const first = new Map(
    notices()
      .toReversed()
      .map((notice) => [notice.id, notice]),
  );
  return [...first.values()].toReversed().map(({ moment, event }) => `${event.id} ${event.kind} ${moment}`);
};
const stateIs = (state: string) =>
  until(`the alarm is ${state}`, () => consumer.lastJson(`${base}/alarm`)?.state === state, startMs);

test("Home Assistant arms the camera, is told of the alarm with its still, disarms it, and sees what it sees", async () => {
  const camera = await start();
  await stateIs("disarmed");
  await until("a picture came", () => consumer.of(`${base}/picture`).length > 0, startMs);
  expect(consumer.of(`${base}/picture`)[0]!.payload.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));

  await consumer.publish(`${base}/command`, "ARM_AWAY");
  await stateIs("triggered");
  await until(
    "the event and its still came",
    () => {
      return consumer.of(`${base}/still`).length > 0 && notices().length > 0;
    },
    startMs,
  );
  const [began] = notices();
  expect(began).toMatchObject({ moment: "began", event: { kind: "alarm", labels: ["person"] } });
  const stored = (await (await fetchAs(camera, `/api/v1/events/${began!.event.id}`)).json()) as EventSummary;
  expect(stored).toMatchObject({ began: began!.event.began, kind: "alarm" });
  const still = await fetchAs(camera, `/api/v1/events/${began!.event.id}/still.jpg`);
  expect(
    consumer
      .of(`${base}/still`)
      .at(-1)!
      .payload.equals(Buffer.from(await still.arrayBuffer())),
  ).toBe(true);
  await until("a person is in sight", () => consumer.last(`${base}/seen/person`) === "ON", startMs);

  await consumer.publish(`${base}/command`, "DISARM");
  await stateIs("disarmed");
  await until("the event has ended", () => notices().length === 2, startMs);
  expect(moments()).toEqual([`${stored.id} alarm began`, `${stored.id} alarm ended`]);
  await until("it is well", () => consumer.lastJson(`${base}/diagnostics`)?.problem === null, startMs);
}, 120_000);

test("a broker that is away and a camera that is killed while events happen: each is told, none twice", async () => {
  const kills = 2;
  await start();
  await stateIs("disarmed");
  await consumer.publish(`${base}/command`, "TEST");
  await until("the test was told", () => moments().includes("1 test ended"), startMs);
  await consumer.publish(`${base}/command`, "ARM_AWAY");
  await until("the alarm was told", () => moments().includes("2 alarm began"), startMs);
  // The alarm is on: the next run tells that it has ended.
  await kill();
  await until("the broker says that it is gone", () => consumer.last(`${base}/availability`) === "offline");

  await broker.pause();
  writeSettings({ mode: "away" });
  const alone = await startAlone();
  await recorded(alone, 3);
  // What was to be told is on disk, and so is that it was.
  await until("it waits", () => readdirSync(join(folder, "data/outbox/mqtt")).length >= 2, startMs);
  await kill();
  await broker.resume();
  writeSettings({ mode: "off" });
  await start();
  await until("all was told", () => moments().includes("3 alarm ended"), startMs);
  expect(moments()).toEqual([
    "1 test began",
    "1 test ended",
    "2 alarm began",
    "2 alarm ended",
    "3 alarm began",
    "3 alarm ended",
  ]);
  // A message that came just before the kill may come again.
  expect(notices().length - 6).toBeLessThanOrEqual(kills);
}, 240_000);

/** Waits until the camera has recorded so many. */
async function recorded(camera: RunningProgram, count: number): Promise<void> {
  await until(
    "the events are on disk",
    async () => {
      const page = (await (await fetchAs(camera, "/api/v1/events")).json()) as { events: EventSummary[] };
      return page.events.length >= count;
    },
    startMs,
  );
}
