import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventFacts } from "../../src/events/event.ts";
import type { EventStore } from "../../src/events/event-store.ts";
import { StoredEvents } from "../../src/notify/stored-events.ts";
import type { Notice } from "../../src/notify/tellable.ts";
import { EventFolder, facts } from "../helpers/recorded.ts";
import { until } from "../helpers/until.ts";

let folder: EventFolder;
let told: string[];
let warnings: string[];
let outbox: string;

beforeEach(() => {
  folder = new EventFolder();
  outbox = mkdtempSync(join(tmpdir(), "xnorcam-told-"));
  told = [];
  warnings = [];
});

afterEach(async () => {
  await folder.remove();
  rmSync(outbox, { recursive: true });
});

/** The events of a store that was just opened, told as "id moment kind". */
async function listen(store: EventStore): Promise<StoredEvents> {
  const events = new StoredEvents(store, outbox, { warn: (line) => void warnings.push(line) });
  store.on("event", (event) => events.onEvent(event));
  await events.start(tell);
  return events;
}

function tell({ event, moment }: Notice): Promise<void> {
  told.push(`${event.id} ${moment} ${event.kind}`);
  return Promise.resolve();
}

const open = (change: Partial<EventFacts> = {}) => facts({ endedMs: null, ...change });
const begin = (store: EventStore, key: number, change: Partial<EventFacts> = {}) =>
  store.write({ type: "begin", key, facts: open(change), still: null });
const end = (store: EventStore, key: number, change: Partial<EventFacts> = {}) =>
  store.write({ type: "end", key, facts: facts(change) });

test("each moment of an event is told once, however often the event changes", async () => {
  const store = await folder.open();
  const events = await listen(store);
  await begin(store, 1, { kind: "sighting" });
  await store.write({ type: "update", key: 1, facts: open({ kind: "sighting" }), still: null });
  await store.write({ type: "update", key: 1, facts: open(), still: null });
  await store.write({ type: "update", key: 1, facts: open(), still: null });
  await begin(store, 2, { kind: "test" });
  await end(store, 1);
  await end(store, 2, { kind: "test" });
  await store.change(1, { pinned: true, note: "the neighbor", acknowledged: true });
  await events.stop();
  expect(told).toEqual([
    "1 began sighting",
    "1 raised alarm",
    "2 began test",
    "1 ended alarm",
    "2 ended test",
  ]);
});

test("what was recorded before anybody was to be told is not told", async () => {
  const before = await folder.open();
  await begin(before, 1);
  await end(before, 1);
  const store = await folder.open();
  const events = await listen(store);
  await store.change(1, { pinned: true });
  await begin(store, 2);
  await events.stop();
  expect(told).toEqual(["2 began alarm"]);
});

test("after a restart it tells what was on disk and not told, and the end of what went on, oldest first", async () => {
  const before = await folder.open();
  const events = await listen(before);
  await begin(before, 1, { kind: "sighting" });
  await events.stop();
  // Killed before it could be told: on disk it became an alarm, and two more events came.
  await before.write({ type: "update", key: 1, facts: open(), still: null });
  await begin(before, 2);
  await end(before, 2);
  await begin(before, 3, { kind: "test" });
  expect(told).toEqual(["1 began sighting"]);

  const after = await folder.open();
  const next = await listen(after);
  await after.change(2, { note: "long over" });
  await next.stop();
  expect(told.slice(1)).toEqual([
    "1 raised alarm",
    "1 ended alarm",
    "2 began alarm",
    "2 ended alarm",
    "3 began test",
    "3 ended test",
  ]);
  await listen(await folder.open());
  expect(told).toHaveLength(7);
});

test("more events than fit a page of the archive are caught up with in order", async () => {
  const before = await folder.open();
  await (await listen(before)).stop();
  for (let key = 1; key <= 110; key++) await begin(before, key, { endedMs: facts().endedMs });
  const after = await folder.open();
  await (await listen(after)).stop();
  const began = told.filter((line) => line.includes("began")).map((line) => Number.parseInt(line, 10));
  expect(began).toEqual(Array.from({ length: 110 }, (_, index) => index + 1));
  expect(told).toHaveLength(220);
});

test("a database that was removed counts from 1 again, and its events are told", async () => {
  const before = await folder.open();
  const events = await listen(before);
  for (const key of [1, 2, 3]) await begin(before, key);
  await events.stop();
  await folder.remove();
  folder = new EventFolder();
  told = [];
  const store = await folder.open();
  const next = await listen(store);
  await begin(store, 1);
  await begin(store, 2);
  await end(store, 1);
  await next.stop();
  expect(told).toEqual(["1 began alarm", "2 began alarm", "1 ended alarm"]);
});

test("a damaged account of what was told is begun anew", async () => {
  writeFileSync(join(outbox, "told.json"), '{"lastId": "all"');
  const store = await folder.open();
  const events = await listen(store);
  await begin(store, 1);
  await events.stop();
  expect(told).toEqual(["1 began alarm"]);
});

test("a write that fails loses nothing that is told", async () => {
  const store = await folder.open();
  await listen(store);
  rmSync(outbox, { recursive: true });
  await begin(store, 1);
  await end(store, 1);
  await until("both are told", () => told.length === 2);
  expect(told).toEqual(["1 began alarm", "1 ended alarm"]);
  expect(warnings.length).toBeGreaterThan(0);
  outbox = mkdtempSync(join(tmpdir(), "xnorcam-told-"));
});

test("what was told while the disk was full is not told again when the settings change", async () => {
  const store = await folder.open();
  const events = await listen(store);
  await begin(store, 1);
  await until("it is told", () => readFileSync(join(outbox, "told.json"), "utf8").includes('"lastId":1'));
  // A file that can't be opened, as on a full disk.
  const obstacle = join(outbox, "told.json.new");
  mkdirSync(obstacle);
  await begin(store, 2);
  await end(store, 1);
  await until("both are told", () => told.length === 3);
  await events.stop();
  rmdirSync(obstacle);
  await events.start(tell);
  await end(store, 2);
  await events.stop();
  expect(told).toEqual(["1 began alarm", "2 began alarm", "1 ended alarm", "2 ended alarm"]);
  expect(warnings).toEqual([expect.stringMatching(/told\.json: .*; what is told now may be told again/)]);
});

test("what an earlier run could not tell is told though the disk is full", async () => {
  const before = await folder.open();
  await (await listen(before)).stop();
  for (const key of [1, 2, 3]) await begin(before, key);
  mkdirSync(join(outbox, "told.json.new"));
  const after = await folder.open();
  await (await listen(after)).stop();
  expect(told.filter((line) => line.includes("began"))).toHaveLength(3);
  expect(warnings).toEqual([expect.stringMatching(/told\.json: /)]);
});

test("an event that begins and ends while it is caught up with is told once", async () => {
  const store = await folder.open();
  const events = await listen(store);
  await begin(store, 1);
  await events.stop();
  await end(store, 1);
  await events.start(async (notice) => {
    await tell(notice);
    // The disk is slow.
    if (told.length > 2) return;
    await begin(store, 2);
    await end(store, 2);
  });
  await events.stop();
  expect(told).toEqual(["1 began alarm", "1 ended alarm", "2 began alarm", "2 ended alarm"]);
});
