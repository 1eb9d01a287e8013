import { afterEach, beforeEach, expect, test } from "vitest";
import { Mosquitto } from "../../helpers/mosquitto.ts";
import { beganNotice, MqttCamera, type MqttCameraOptions } from "../../helpers/mqtt-camera.ts";
import { MqttConsumer } from "../../helpers/mqtt-consumer.ts";
import { trackedFrame } from "../../helpers/tracked-frame.ts";
import { until as untilWithin } from "../../helpers/until.ts";
import { problemsWithDiscovery } from "./documented-options.ts";

/** Brokers and sockets are slow where much else runs. */
const until = (what: string, condition: () => boolean, timeoutMs = 20_000) =>
  untilWithin(what, condition, timeoutMs);

const base = "xnorcam/xnorcam";
const discovery = "homeassistant/device/xnorcam_xnorcam/config";

let broker: Mosquitto;
let consumer: MqttConsumer;
let cameras: MqttCamera[];

beforeEach(async () => {
  broker = await Mosquitto.start();
  consumer = await MqttConsumer.connect(broker, ["#"]);
  cameras = [];
});

afterEach(async () => {
  for (const camera of cameras) await camera.stop();
  await consumer.stop();
  await broker.stop();
});

/** Resolves when it has said all that it says at the start, and listens to commands. */
async function startCamera(options: MqttCameraOptions = {}): Promise<MqttCamera> {
  const id = options.id ?? "xnorcam";
  const onlineBefore = timesOnline(id);
  const logBefore = broker.log.length;
  const camera = await MqttCamera.start(broker, options);
  cameras.push(camera);
  await until("it is online", () => timesOnline(id) > onlineBefore);
  await until("it listens", () => broker.log.includes(`xnorcam-${id} 1 xnorcam/${id}/command`, logBefore));
  return camera;
}

const timesOnline = (id: string) =>
  consumer.of(`xnorcam/${id}/availability`).filter(({ payload }) => payload.toString() === "online").length;

const stateIs = (state: string) =>
  until(`the alarm is ${state}`, () => consumer.lastJson(`${base}/alarm`)?.state === state);

test("everything that is announced is as Home Assistant documents it, field by field", async () => {
  await startCamera({ pictureSeconds: 10, name: "Front door" });
  const payload = consumer.lastJson(discovery);
  expect(problemsWithDiscovery(payload)).toEqual([]);
  expect(payload.device).toEqual({
    identifiers: ["xnorcam_xnorcam"],
    name: "Front door",
    manufacturer: "Xnorcam",
    model: "Xnorcam",
    sw_version: "0.1.0",
  });
  expect(payload.origin).toEqual({ name: "Xnorcam", sw_version: "0.1.0" });
  expect(Object.keys(payload.components).sort()).toEqual(
    [
      ...["alarm_panel", "armed", "alarm_on", "event", "acknowledge", "test", "still", "camera"],
      ...["problem", "fps", "latency", "temperature", "seen_person", "seen_rifle"],
    ].sort(),
  );
});

test("the check of what is announced finds what Home Assistant would refuse", () => {
  const device = { identifiers: ["one"] };
  const origin = { name: "Xnorcam" };
  const problems = (components: object, rest: object = { device, origin }) =>
    problemsWithDiscovery({ ...rest, components });
  expect(problems({}, { device: {} })).toEqual([
    "origin is missing",
    "device has neither identifiers nor connections",
  ]);
  expect(
    problems({
      panel: { platform: "alarm_control_panel", unique_id: "a", state_topic: "a/#", suported_features: [] },
      door: { platform: "door", unique_id: "b" },
      seen: { platform: "binary_sensor", state_topic: "a", qos: 3, device_class: "weapon" },
      still: { platform: "image", unique_id: "c", image_topic: 5 },
    }),
  ).toEqual([
    "panel.suported_features is no option of alarm_control_panel",
    "panel.state_topic is no topic to subscribe to that one entity has alone",
    "panel.command_topic is missing",
    "door.platform is no platform: door",
    "seen.qos is not 0, 1 or 2",
    "seen.unique_id is missing",
    "seen.device_class is none that Home Assistant knows: weapon",
    "still.image_topic is no text",
  ]);
});

test("each entity's topic has a retained message that its entity understands", async () => {
  const camera = await startCamera({ pictureSeconds: 0.1 });
  camera.picture = Buffer.from("another JPEG");
  camera.notifier.tellStill(Buffer.from("a JPEG"));
  const { components } = consumer.lastJson(discovery);
  const topics = Object.values<Record<string, string>>(components)
    .filter(({ platform }) => platform !== "event" && platform !== "button")
    .map(({ state_topic, image_topic, topic }) => state_topic ?? image_topic ?? topic!);
  await until("all was told", () => topics.every((topic) => consumer.last(topic) !== undefined));
  const late = await MqttConsumer.connect(broker, ["xnorcam/#"], "late");
  try {
    await until("all of it came", () => topics.every((topic) => late.last(topic) !== undefined));
    expect(topics.every((topic) => late.of(topic)[0]?.retained)).toBe(true);
    expect(late.lastJson(components.alarm_panel.state_topic)).toEqual({
      state: "armed_away",
      mode: "away",
      on: false,
      reason: null,
    });
    expect(late.last(components.seen_person.state_topic)).toBe("OFF");
    expect(late.lastJson(components.fps.state_topic)).toEqual(camera.diagnostics);
    expect(late.last(components.still.image_topic)).toBe("a JPEG");
    expect(late.last(components.camera.topic)).toBe("another JPEG");
  } finally {
    await late.stop();
  }
});

test("the commands of the alarm panel, the switch and the buttons do what they say", async () => {
  const camera = await startCamera();
  const { components } = consumer.lastJson(discovery);
  const { alarm_panel: panel, armed, acknowledge, test: testButton } = components;
  await stateIs("armed_away");
  await consumer.publish(panel.command_topic, panel.payload_arm_home);
  await stateIs("armed_home");
  await consumer.publish(panel.command_topic, panel.payload_disarm);
  await stateIs("disarmed");
  // The switch arms as it was armed last.
  await consumer.publish(armed.command_topic, armed.payload_on);
  await stateIs("armed_home");
  await consumer.publish(armed.command_topic, armed.payload_off);
  await stateIs("disarmed");
  await consumer.publish(panel.command_topic, panel.payload_arm_away);
  await stateIs("armed_away");
  await consumer.publish(testButton.command_topic, testButton.payload_press);
  await stateIs("triggered");
  expect(consumer.lastJson(`${base}/alarm`)).toMatchObject({ on: true, reason: "test alarm", mode: "away" });
  await consumer.publish(acknowledge.command_topic, acknowledge.payload_press);
  await stateIs("armed_away");
  expect(camera.logged.filter((line) => /^MQTT: [A-Z_]+$/.test(line))).toEqual(
    ["ARM_HOME", "DISARM", "ARM", "DISARM", "ARM_AWAY", "TEST", "ACKNOWLEDGE"].map((word) => `MQTT: ${word}`),
  );
});

test("hostile commands change nothing, fill no log and don't end the connection", async () => {
  const camera = await startCamera();
  const hostile = [
    "",
    "disarm",
    " DISARM",
    "DISARM\0",
    "DISARM\n",
    "constructor",
    "__proto__",
    '{"action":"DISARM"}',
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.alloc(1000, "A"),
    // More than the camera lets the broker pass on to it.
    Buffer.alloc(1_000_000, "B"),
  ];
  for (const payload of hostile) await consumer.publish(`${base}/command`, payload);
  for (let count = 0; count < 200; count++) await consumer.publish(`${base}/command`, "OPEN_THE_DOOR");
  await consumer.publish(`${base}/command`, "ARM_HOME");
  await stateIs("armed_home");
  expect(camera.logged.filter((line) => line.includes("is none of")).length).toBeLessThan(hostile.length);
  expect(camera.logged.filter((line) => line.includes("connected to"))).toHaveLength(1);
});

test("a command that the broker retained does not disarm the camera", async () => {
  await consumer.publish(`${base}/command`, "DISARM", true);
  const camera = await startCamera();
  await until("it is refused", () => camera.logged.some((line) => line.includes("retained")));
  expect(camera.alarm.report().mode).toBe("away");
});

test("a class in sight is on once it was seen in three frames, and off some seconds later", async () => {
  const camera = await startCamera({ classes: ["person", "cell phone"] });
  const seen = (label: string, sightings: number) => {
    const { tracks } = trackedFrame([{ label, score: 0.8 }]);
    camera.notifier.tellTracks({ tracks: tracks.map((track) => ({ ...track, sightings })) });
  };
  seen("person", 2);
  seen("cell phone", 3);
  await until("the phone is seen", () => consumer.last(`${base}/seen/cell_phone`) === "ON");
  expect(consumer.last(`${base}/seen/person`)).toBe("OFF");
  await until("it is gone", () => consumer.last(`${base}/seen/cell_phone`) === "OFF", 10_000);
});

test("an event comes once, not retained, with an id that tells it from all others", async () => {
  const camera = await startCamera();
  await camera.notifier.tell(beganNotice("17"));
  await until("it came", () => consumer.last(`${base}/event`) !== undefined);
  const [message] = consumer.of(`${base}/event`);
  expect(message?.retained).toBe(false);
  expect(JSON.parse(message!.payload.toString())).toEqual({
    id: "1767323045678-17-began",
    moment: "began",
    event: {
      id: "17",
      began: "2026-01-02T03:04:05.678Z",
      ended: null,
      kind: "alarm",
      beganAs: "alarm",
      labels: ["knife"],
      zones: ["counter"],
      reason: "knife 0.71 in 4 of 6 frames, zone counter, armed away",
      bestScore: 0.71,
    },
  });
});

test("entities that are configured no longer are taken back, one by one or with their device", async () => {
  const first = await startCamera({ classes: ["person", "rifle"] });
  await first.stop();
  const from = consumer.received.length;

  const second = await startCamera({ folder: first.folder, classes: ["person"], stills: false });
  const configs = consumer.received.slice(from).filter(({ topic }) => topic === discovery);
  const [removal, clean] = configs.map(({ payload }) => JSON.parse(payload.toString()).components);
  expect(configs).toHaveLength(2);
  expect(removal.seen_rifle).toEqual({ platform: "binary_sensor" });
  expect(removal.still).toEqual({ platform: "image" });
  expect(removal.camera).toEqual({ platform: "camera" });
  expect(Object.keys(clean)).not.toContain("seen_rifle");
  expect(Object.keys(clean)).not.toContain("still");
  expect(problemsWithDiscovery(JSON.parse(configs[1]!.payload.toString()))).toEqual([]);
  expect(consumer.last(`${base}/seen/rifle`)).toBe("");
  await second.stop();

  const third = await startCamera({ folder: first.folder, classes: ["person"], id: "garden" });
  expect(consumer.last(discovery)).toBe("");
  expect(consumer.last(`${base}/alarm`)).toBe("");
  expect(consumer.last(`${base}/availability`)).toBe("");
  await third.stop();

  await startCamera({ folder: first.folder, classes: ["person"], id: "garden", discoveryPrefix: "" });
  expect(consumer.last("homeassistant/device/xnorcam_garden/config")).toBe("");
});
