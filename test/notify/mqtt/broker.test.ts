import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { account, Mosquitto } from "../../helpers/mosquitto.ts";
import { beganNotice, MqttCamera, type MqttCameraOptions } from "../../helpers/mqtt-camera.ts";
import { MqttConsumer } from "../../helpers/mqtt-consumer.ts";
import { until as untilWithin } from "../../helpers/until.ts";

/** Brokers and sockets are slow where much else runs. */
const until = (what: string, condition: () => boolean, timeoutMs = 20_000) =>
  untilWithin(what, condition, timeoutMs);

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.toReversed()) await one.stop();
  running.length = 0;
});

function kept<One extends { stop(): Promise<void> }>(one: One): One {
  running.push(one);
  return one;
}

const startBroker = async (options = {}) => kept(await Mosquitto.start(options));
const startCamera = async (broker: Mosquitto, options: MqttCameraOptions = {}) =>
  kept(await MqttCamera.start(broker, options));
const listen = async (broker: Mosquitto, ...topics: string[]) =>
  kept(await MqttConsumer.connect(broker, topics));

const idsOf = (consumer: MqttConsumer): string[] =>
  consumer.of("xnorcam/xnorcam/event").map(({ payload }) => JSON.parse(payload.toString()).event.id);

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a broker that ends by %s and comes back gets every event, in order, each id once",
  async (signal) => {
    const broker = await startBroker();
    const consumer = await listen(broker, "xnorcam/xnorcam/event");
    const camera = await startCamera(broker);
    const wanted = Array.from({ length: 60 }, (_, index) => String(index + 1));
    const restarts = 3;

    const happening = (async () => {
      for (const id of wanted) {
        await camera.notifier.tell(beganNotice(id));
        await sleep(25);
      }
    })();
    for (let restart = 0; restart < restarts; restart++) {
      const seen = idsOf(consumer).length;
      await until("events come", () => idsOf(consumer).length > seen, 15_000);
      await broker.pause(signal);
      await sleep(100);
      await broker.resume();
    }
    await happening;
    await until("all events were acknowledged", () => camera.outbox.size === 0, 20_000);
    await until("the last event came", () => idsOf(consumer).includes("60"), 10_000);

    expect([...new Set(idsOf(consumer))]).toEqual(wanted);
    // What the broker itself sends again is marked; of the camera no more than one is on the way when a connection ends.
    const first = consumer.of("xnorcam/xnorcam/event").filter(({ again }) => !again);
    expect(first.length - wanted.length).toBeLessThanOrEqual(restarts);
  },
  60_000,
);

test("events that happen while there is no broker are told after a restart of the camera, oldest first", async () => {
  const broker = await startBroker();
  const consumer = await listen(broker, "xnorcam/xnorcam/event");
  await broker.pause();
  const camera = await startCamera(broker);
  for (const id of ["1", "2", "3"]) await camera.notifier.tell(beganNotice(id));
  await camera.stop();
  await broker.resume();
  const next = await startCamera(broker, { folder: camera.folder });
  await next.notifier.tell(beganNotice("4"));
  await until("the events came", () => idsOf(consumer).length >= 4, 15_000);
  expect(idsOf(consumer)).toEqual(["1", "2", "3", "4"]);
  await until("the queue is empty", () => next.outbox.size === 0);
});

test("once it has stopped, what the broker has is off the disk: another goes on with the queue and tells it once", async () => {
  const broker = await startBroker();
  const consumer = await listen(broker, "xnorcam/xnorcam/event");
  const camera = await startCamera(broker);
  const { outbox } = camera;
  // A slow card.
  const remove = outbox.remove.bind(outbox);
  outbox.remove = async (notice) => {
    await sleep(500);
    await remove(notice);
  };
  for (const id of ["1", "2"]) await camera.notifier.tell(beganNotice(id));
  await until("the first came", () => idsOf(consumer).length > 0);
  await camera.stop();
  const next = await startCamera(broker, { folder: camera.folder });
  await until("the queue is empty", () => next.outbox.size === 0);
  await until("both came", () => idsOf(consumer).length >= 2);
  expect(idsOf(consumer)).toEqual(["1", "2"]);
  expect([...camera.logged, ...next.logged].filter((line) => line.includes("damaged"))).toEqual([]);
});

test("a queue that is full loses its oldest events, with one warning", async () => {
  const broker = await startBroker();
  await broker.pause();
  const camera = await startCamera(broker, { queueLimit: 3 });
  for (const id of ["1", "2", "3", "4", "5"]) await camera.notifier.tell(beganNotice(id));
  expect(camera.logged.filter((line) => line.includes("the oldest are dropped"))).toHaveLength(1);
  await broker.resume();
  const consumer = await listen(broker, "xnorcam/xnorcam/event");
  await until("the events came", () => idsOf(consumer).length >= 3, 15_000);
  expect(idsOf(consumer)).toEqual(["3", "4", "5"]);
});

test("the broker says offline when the camera is gone, and the camera does when it stops", async () => {
  const broker = await startBroker();
  const consumer = await listen(broker, "xnorcam/+/availability");
  const camera = await startCamera(broker);
  const topic = "xnorcam/xnorcam/availability";
  await until("it is online", () => consumer.last(topic) === "online");

  await camera.stop();
  await until("it said that it goes", () => consumer.last(topic) === "offline");

  await startCamera(broker);
  await until("it is online again", () => consumer.last(topic) === "online", 15_000);
  // A client of the same name makes the broker let go of it, as a cut cable does.
  kept(await MqttConsumer.connect(broker, ["nothing"], "xnorcam-xnorcam"));
  await until("the last will came", () => consumer.last(topic) === "offline");
});

test("two cameras that share a name find a hint in the log", async () => {
  const broker = await startBroker();
  const camera = await startCamera(broker);
  const other = await startCamera(broker);
  const hint = /if another client calls itself xnorcam-xnorcam, set mqtt\.id to another/;
  await until(
    "the log says what may be wrong",
    () => [...camera.logged, ...other.logged].some((line) => hint.test(line)),
    30_000,
  );
}, 40_000);

test("over TLS it trusts the given authority and no other, and no password is in the log", async () => {
  const broker = await startBroker({ tls: true });
  const stranger = await startCamera(broker, { caFile: join(broker.folder, "other-ca.pem"), id: "stranger" });
  const noFile = await startCamera(broker, { caFile: join(broker.folder, "none.pem"), id: "nofile" });
  const trusting = await startCamera(broker, { caFile: broker.caFile });
  const consumer = await listen(broker, "xnorcam/#");
  await until("it is online", () => consumer.last("xnorcam/xnorcam/availability") === "online", 15_000);
  await until("the stranger says why not", () => stranger.logged.length > 0);
  expect(stranger.logged[0]).toMatch(
    /^MQTT: mqtts:\/\/127\.0\.0\.1:\d+: .*certificate.*; it is tried again$/,
  );
  await until("the missing file is named", () => noFile.logged.length > 0);
  expect(noFile.logged[0]).toMatch(/none\.pem/);
  expect(consumer.received.map(({ topic }) => topic)).not.toContain("xnorcam/stranger/availability");
  const lines = [...stranger.logged, ...noFile.logged, ...trusting.logged].join("\n");
  expect(lines).not.toContain(account.password);
});

test("a wrong password is said once, and the right one in the file counts from the next try on", async () => {
  const broker = await startBroker();
  const passwordFile = join(broker.folder, "password");
  writeFileSync(passwordFile, "wrong\n");
  const camera = await startCamera(broker, { password: null, passwordFile });
  await until("the broker refused", () => camera.logged.length > 0);
  expect(camera.logged).toEqual([expect.stringMatching(/Not authorized.*; it is tried again$/)]);
  writeFileSync(passwordFile, `${account.password}\n`);
  await until("it is connected", () => camera.logged.some((line) => line.includes("connected to")), 15_000);
  expect(camera.logged).toHaveLength(2);
});

test("an event that the broker refuses stays in the queue, and the camera stays connected", async () => {
  const acl = "topic read #\ntopic write xnorcam/xnorcam/availability\ntopic write xnorcam/xnorcam/alarm\n";
  const broker = await startBroker();
  const aclFile = join(broker.folder, "acl");
  writeFileSync(aclFile, `user ${account.username}\n${acl}`);
  await broker.pause();
  writeFileSync(join(broker.folder, "mosquitto.conf"), `acl_file ${aclFile}\n`, { flag: "a" });
  await broker.resume();
  const consumer = await listen(broker, "xnorcam/#");
  const camera = await startCamera(broker, { discoveryPrefix: "" });
  await until("it is online", () => consumer.last("xnorcam/xnorcam/availability") === "online");
  await camera.notifier.tell(beganNotice("1"));
  await until("the broker refused", () => broker.log.includes("Denied PUBLISH from xnorcam-xnorcam"));
  camera.alarm.arm("home");
  await until("it still tells", () => consumer.lastJson("xnorcam/xnorcam/alarm")?.state === "armed_home");
  expect(camera.outbox.size).toBe(1);
  expect(camera.logged.filter((line) => line.includes("tried again"))).toHaveLength(1);
});

test("a broker that refuses to let go of an earlier name, and a full disk, keep nothing from being told", async () => {
  const broker = await startBroker();
  const first = await startCamera(broker, { id: "porch", discoveryPrefix: "" });
  const announced = join(first.folder, "announced.json");
  await until("it has announced itself", () => existsSync(announced));
  await first.stop();
  await broker.pause();
  const aclFile = join(broker.folder, "acl");
  writeFileSync(aclFile, `user ${account.username}\ntopic read #\ntopic write xnorcam/door/#\n`);
  writeFileSync(join(broker.folder, "mosquitto.conf"), `acl_file ${aclFile}\n`, { flag: "a" });
  await broker.resume();
  const consumer = await listen(broker, "xnorcam/#");

  const options = { folder: first.folder, id: "door", discoveryPrefix: "" };
  const second = await startCamera(broker, options);
  await until("it is online", () => consumer.last("xnorcam/door/availability") === "online");
  expect(consumer.lastJson("xnorcam/door/alarm")).toMatchObject({ mode: "away" });
  expect(second.logged.filter((line) => line.includes("tried again"))).toHaveLength(1);
  await second.stop();

  rmSync(announced);
  // A file that can't be opened, as on a full disk.
  mkdirSync(`${announced}.new`);
  await until("it has gone", () => consumer.last("xnorcam/door/availability") === "offline");
  const third = await startCamera(broker, options);
  await until("it is online again", () => consumer.last("xnorcam/door/availability") === "online");
  expect(third.logged.filter((line) => line.includes("tried again"))).toHaveLength(1);
});

test("a still that is larger than the broker takes is left out, and all else is told", async () => {
  const broker = await startBroker({ lines: ["max_packet_size 20000"] });
  const consumer = await listen(broker, "xnorcam/#");
  const camera = await startCamera(broker, { discoveryPrefix: "" });
  await until("it is online", () => consumer.last("xnorcam/xnorcam/availability") === "online");
  camera.notifier.tellStill(Buffer.alloc(30_000, 1));
  await until("it is said", () => camera.logged.some((line) => line.includes("30000 bytes")));
  camera.notifier.tellStill(Buffer.alloc(10_000, 2));
  await until("the smaller one came", () => consumer.of("xnorcam/xnorcam/still").length > 0);
  expect(consumer.of("xnorcam/xnorcam/still").map(({ payload }) => payload.length)).toEqual([10_000]);
  expect(camera.logged.filter((line) => line.includes("connected to"))).toHaveLength(1);
});
