import { type EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Alarm } from "../../src/alarm/alarm.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { AlarmEvents } from "../../src/notify/alarm-events.ts";
import { Notifier } from "../../src/notify/notifier.ts";
import { StoredEvents } from "../../src/notify/stored-events.ts";
import type { Notice, NoticeSource } from "../../src/notify/tellable.ts";
import { EventFolder, facts } from "../helpers/recorded.ts";
import { until as untilWithin } from "../helpers/until.ts";

/** Sockets are slow where much else runs. */
const until = (what: string, condition: () => boolean, timeoutMs = 20_000) =>
  untilWithin(what, condition, timeoutMs);

let dataDir: string;
let logged: string[];
let alarm: Alarm;
let notifiers: Notifier[];
let server: Server;
/** What each path of the target got. */
let got: Record<string, Notice[]>;
/** Paths that are up. */
let up: Set<string>;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "xnorcam-notifier-"));
  logged = [];
  notifiers = [];
  got = {};
  up = new Set();
  alarm = new Alarm({ classes: ["rifle"], k: 1, n: 1, holdMs: 60_000 }, [], systemClock);
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const path = request.url ?? "";
    if (path === "/hangs") return;
    if (up.has(path)) {
      got[path] ??= [];
      got[path].push(JSON.parse(body));
    }
    response.writeHead(up.has(path) ? 204 : 503).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  alarm.stop();
  for (const notifier of notifiers) await notifier.stop();
  server.closeAllConnections();
  server.close();
});

/** Settings that name these paths of the target. */
function settingsFor(...names: string[]): Config {
  const { port } = server.address() as AddressInfo;
  const file = join(dataDir, "camera.json");
  const webhooks = names.map((name) => ({ name, url: `http://127.0.0.1:${port}/${name}` }));
  writeFileSync(file, JSON.stringify({ webhooks }));
  return loadConfig({ file, env: {} });
}

const log = {
  info: (line: string) => void logged.push(line),
  warn: (line: string) => void logged.push(line),
};

/** One that tells these paths of the target, by their names. */
const startNotifier = (...names: string[]) => startTelling(new AlarmEvents(alarm), ...names);

async function startTelling(source: NoticeSource, ...names: string[]): Promise<Notifier> {
  const notifier = new Notifier(settingsFor(...names), {
    dataDir,
    source,
    version: "0.1.0",
    classes: ["rifle"],
    alarm,
    diagnostics: () => ({ fps: 5, latencyMs: 100, temperature: null, problem: null }),
    takePicture: () => Promise.resolve(null),
    stillFolder: null,
    clock: systemClock,
    log,
    random: () => 1,
  });
  notifiers.push(notifier);
  await notifier.start();
  return notifier;
}

const kindsOf = (path: string) => got[path]?.map(({ moment, event }) => `${event.kind} ${moment}`) ?? [];

test("a camera that records nothing tells when its alarm goes on and off, and what it was", async () => {
  up.add("/phone");
  await startNotifier("phone");
  alarm.test();
  alarm.acknowledge();
  alarm.panic("panic button");
  alarm.disarm();
  await until("all was told", () => got["/phone"]?.length === 4);
  expect(kindsOf("/phone")).toEqual(["test began", "test ended", "alarm began", "alarm ended"]);
  const [began, ended, panic] = got["/phone"]!;
  expect(began!.event).toMatchObject({ reason: "test alarm", ended: null, labels: [], bestScore: 0 });
  expect(ended!.event).toMatchObject({ id: began!.event.id, began: began!.event.began });
  expect(Date.parse(ended!.event.ended!)).toBeGreaterThanOrEqual(Date.parse(began!.event.began));
  expect(panic!.event.reason).toBe("panic button");
  expect(new Set(got["/phone"]!.map(({ id }) => id)).size).toBe(4);
});

test("each queue belongs to a name: settings in another order mix nothing up", async () => {
  const first = await startNotifier("phone", "siren");
  up.add("/siren");
  alarm.test();
  await until("the siren was told", () => got["/siren"]?.length === 1);
  // Waits for the answer to what is under way.
  await first.stop();

  up.add("/phone");
  await startNotifier("siren", "phone");
  await until("the phone was told", () => got["/phone"]?.length === 1);
  expect(kindsOf("/phone")).toEqual(["test began"]);
  expect(kindsOf("/siren")).toEqual(["test began"]);
});

test("what waits for a webhook that is gone from the settings is removed, and the log says so", async () => {
  const first = await startNotifier("phone", "old");
  alarm.test();
  const queue = join(dataDir, "outbox", "webhook-old");
  await until("it waits", () => existsSync(join(queue, "000000000000.json")));
  await first.stop();
  await startNotifier("phone");
  expect(existsSync(queue)).toBe(false);
  expect(logged).toContain(`${queue} is removed: there is no such webhook any more`);
});

test("a target whose queue can't be used is logged, and the others are told", async () => {
  mkdirSync(join(dataDir, "outbox"));
  writeFileSync(join(dataDir, "outbox", "webhook-broken"), "a file in the way");
  up.add("/phone");
  await startNotifier("broken", "phone");
  alarm.test();
  await until("the other was told", () => got["/phone"]?.length === 1);
  expect(logged).toEqual([expect.stringMatching(/^telling others of events: .*webhook-broken/)]);
});

test("without targets nothing is written to the data folder", async () => {
  await startNotifier();
  alarm.test();
  expect(existsSync(join(dataDir, "outbox"))).toBe(false);
});

test("a target that is added after a time without any is told of no event before", async () => {
  const folder = new EventFolder();
  try {
    const store = await folder.open();
    const record = (key: number) => store.write({ type: "begin", key, facts: facts(), still: null });
    const tell = async (...names: string[]) => {
      const source = new StoredEvents(store, join(dataDir, "outbox"), log);
      store.removeAllListeners("event");
      store.on("event", (event) => source.onEvent(event));
      return await startTelling(source, ...names);
    };
    up.add("/phone");
    const first = await tell("phone", "siren");
    await record(1);
    await until("the phone was told", () => got["/phone"]?.length === 2);
    await first.stop();

    const nobody = await tell();
    await record(2);
    // The same while it runs.
    nobody.apply(settingsFor("phone"));
    await until("it keeps account of what was told", () => existsSync(join(dataDir, "outbox", "told.json")));
    await record(3);
    await until("the phone was told", () => got["/phone"]?.length === 4);
    nobody.apply(settingsFor());
    await until("it keeps none", () => !existsSync(join(dataDir, "outbox", "told.json")));
    await record(4);
    await nobody.stop();

    up.add("/siren");
    await tell("phone", "siren");
    await record(5);
    await until("both were told", () => got["/phone"]?.length === 6 && got["/siren"]?.length === 2);
    expect(got["/phone"]!.map(({ event }) => event.id)).toEqual(["1", "1", "3", "3", "5", "5"]);
    expect(got["/siren"]!.map(({ event }) => event.id)).toEqual(["5", "5"]);
  } finally {
    await folder.remove();
  }
});

test("of a camera that records nothing it is told of no alarm that was over before", async () => {
  up.add("/phone");
  up.add("/lamp");
  const queue = (name: string) => join(dataDir, "outbox", `webhook-${name}`);
  const notifier = await startNotifier("phone");
  alarm.test();
  await until("the phone was told", () => got["/phone"]?.length === 1);
  notifier.apply(settingsFor());
  await until("nobody is told", () => !existsSync(queue("phone")));
  alarm.acknowledge();
  notifier.apply(settingsFor("lamp"));
  await until("the lamp is told", () => existsSync(queue("lamp")));
  alarm.test();
  await until("the lamp was told", () => kindsOf("/lamp").includes("test began"));
  expect(kindsOf("/lamp")).toEqual(["test began"]);
});

test("whoever the settings name now is told what comes now; one that stays loses nothing that waited", async () => {
  up.add("/phone");
  const notifier = await startNotifier("phone", "siren");
  alarm.test();
  await until("the phone was told", () => got["/phone"]?.length === 1);
  notifier.apply(settingsFor("siren", "lamp"));
  up.add("/siren");
  up.add("/lamp");
  await until("the siren was told what waited for it", () => got["/siren"]?.length === 1);
  await until("the queue of the phone is gone", () => !existsSync(join(dataDir, "outbox", "webhook-phone")));
  alarm.acknowledge();
  await until("both were told", () => got["/siren"]?.length === 2 && got["/lamp"]?.length === 1);
  expect(kindsOf("/siren")).toEqual(["test began", "test ended"]);
  expect(kindsOf("/lamp")).toEqual(["test ended"]);
  expect(kindsOf("/phone")).toEqual(["test began"]);
});

test("what a full disk has kept in memory is not lost when the settings change", async () => {
  const notifier = await startNotifier("phone");
  // A file that can't be opened.
  mkdirSync(join(dataDir, "outbox", "webhook-phone", "000000000000.json.new"));
  alarm.test();
  await until("it waits", () => logged.some((line) => line.includes("status 503")));
  expect(logged[0]).toContain("would not survive a restart");
  notifier.apply(settingsFor("phone", "lamp"));
  up.add("/phone");
  await until("it is told", () => got["/phone"]?.length === 1);
  expect(kindsOf("/phone")).toEqual(["test began"]);
});

test("an alarm that goes off while the settings are changed is told by the new ones", async () => {
  up.add("/phone");
  const notifier = await startNotifier("phone", "hangs");
  alarm.test();
  await until("it was told that it began", () => got["/phone"]?.length === 1);
  // When the old ones stop to listen; the new ones begin later, since the one that hangs gets a moment to answer.
  const deaf = once(alarm as EventEmitter, "removeListener");
  notifier.apply(settingsFor("phone"));
  await deaf;
  alarm.acknowledge();
  expect(alarm.listenerCount("change")).toBe(0);
  await until("and that it ended", () => got["/phone"]?.length === 2);
  expect(kindsOf("/phone")).toEqual(["test began", "test ended"]);
});
