import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EventFacts, EventSummary } from "../../src/events/event.ts";
import type { EventStore } from "../../src/events/event-store.ts";
import { loadSqlite } from "../../src/events/sqlite.ts";
import { withTime } from "../../src/events/timed-jpeg.ts";
import { EventFolder, facts, someMorning } from "../helpers/recorded.ts";

const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(5000, 7)]);
const hour = 3_600_000;
const day = 24 * hour;

let folder: EventFolder;
let store: EventStore;
let nextKey = 1;

beforeEach(async () => {
  folder = new EventFolder();
  store = await folder.open();
});
afterEach(() => folder.remove());

/** Records an event that is over, with a still and a clip of some frames. */
async function record(change: Partial<EventFacts> = {}, frames = 0): Promise<EventSummary> {
  const key = nextKey++;
  const all = facts(change);
  await store.write({ type: "begin", key, facts: { ...all, endedMs: null }, still: jpeg });
  for (let frame = 0; frame < frames; frame++) {
    const sinceBeganMs = frame * 200;
    const timed = withTime(jpeg, sinceBeganMs);
    await store.write({ type: "frame", key, jpeg: timed, sinceBeganMs, width: 64, height: 48 });
  }
  return (await store.write({ type: "end", key, facts: all }))!;
}

async function ids(query: Partial<Parameters<EventStore["find"]>[0]>): Promise<string[]> {
  return (await store.find({ limit: 200, ...query })).events.map(({ id }) => id);
}

describe("an event", () => {
  test("is on disk with its still when the listeners hear of it", async () => {
    const heard: { event: EventSummary; files: string[] }[] = [];
    store.on("event", (event) => heard.push({ event, files: readdirSync(folder.media) }));
    await record();
    expect(heard.map(({ event }) => event.ended === null)).toEqual([true, false]);
    expect(heard[0]?.files).toEqual(["1.jpg"]);
    expect(readFileSync(join(folder.media, "1.jpg")).equals(jpeg)).toBe(true);
  });

  test("is told with everything that is known of it, times in UTC", async () => {
    await record({ zones: ["counter"] }, 3);
    expect(await store.get(1)).toEqual({
      id: "1",
      began: "2026-03-01T08:00:00.000Z",
      ended: "2026-03-01T08:00:04.000Z",
      kind: "alarm",
      labels: ["knife"],
      zones: ["counter"],
      reason: "knife 0.71 in 4 of 6 frames, armed away",
      bestScore: 0.71,
      acknowledged: false,
      pinned: false,
      note: "",
      still: true,
      clip: true,
      tracks: [
        {
          id: 7,
          label: "knife",
          bestScore: 0.71,
          firstSeen: "2026-03-01T07:59:59.800Z",
          lastSeen: "2026-03-01T08:00:03.000Z",
          path: facts().tracks[0]!.path,
        },
      ],
      decisions: [
        {
          at: "2026-03-01T08:00:00.000Z",
          trackId: 7,
          raises: true,
          reason: "knife 0.71 in 4 of 6 frames, armed away",
        },
      ],
    });
    expect(await store.frameTimes(1)).toEqual([0, 200, 400]);
  });

  test("survives a restart, and its id is not given again when it was removed", async () => {
    await record();
    await record();
    expect(await store.remove(2)).toBe(true);
    expect(await store.remove(2)).toBe(false);
    store = await folder.open();
    expect(await ids({})).toEqual(["1"]);
    expect((await record()).id).toBe("3");
  });

  test("keeps what people say of it", async () => {
    await record();
    const heard: EventSummary[] = [];
    store.on("event", (event) => heard.push(event));
    await store.change(1, { pinned: true, note: "the window cleaner – 窓" });
    await store.change(1, { acknowledged: true });
    expect(heard.at(-1)).toMatchObject({ pinned: true, acknowledged: true, note: "the window cleaner – 窓" });
    expect(await store.change(99, { pinned: true })).toBeNull();
  });
});

describe("the search", () => {
  beforeEach(async () => {
    await record({ labels: ["person"], kind: "sighting", zones: ["door"] });
    await record({ labels: ["knife", "person"], zones: ["counter", "door"], beganMs: someMorning + hour });
    await record({ labels: [], kind: "test", beganMs: someMorning + 2 * hour });
    await store.change(2, { pinned: true });
  });

  test.each([
    [{ class: "person" }, ["2", "1"]],
    [{ class: "knife" }, ["2"]],
    [{ class: "'; DROP TABLE event; --" }, []],
    [{ zone: "door" }, ["2", "1"]],
    [{ zone: "counter", class: "person" }, ["2"]],
    [{ kind: "test" }, ["3"]],
    [{ pinned: true }, ["2"]],
    [{ pinned: false }, ["3", "1"]],
    [{ fromMs: someMorning + hour }, ["3", "2"]],
    [{ toMs: someMorning + hour }, ["1"]],
    [{ fromMs: someMorning + 1, toMs: someMorning + 2 * hour }, ["2"]],
  ] as const)("for %j finds %j", async (query, found) => {
    expect(await ids(query)).toEqual(found);
  });

  test("goes from page to page, the newest first", async () => {
    const first = await store.find({ limit: 2 });
    expect(first).toMatchObject({ events: [{ id: "3" }, { id: "2" }], next: "2" });
    expect(await store.find({ limit: 2, before: Number(first.next) })).toMatchObject({
      events: [{ id: "1" }],
      next: null,
    });
  });
});

describe("what is kept", () => {
  test("is no larger than it may be: the oldest go first, with their files, pinned ones never", async () => {
    store = await folder.open({ maxBytes: 4.5 * jpeg.length });
    for (let i = 0; i < 3; i++) await record();
    await store.change(1, { pinned: true });
    for (let i = 0; i < 3; i++) await record();
    expect(await ids({})).toEqual(["6", "5", "4", "1"]);
    expect(readdirSync(folder.media).sort()).toEqual(["1.jpg", "4.jpg", "5.jpg", "6.jpg"]);
  });

  test("is no older than it may be, from the next start on", async () => {
    await record({ beganMs: Date.now() - 3 * day });
    await record({ beganMs: Date.now() - 3 * day });
    await record({ beganMs: Date.now() });
    await store.change(1, { pinned: true });
    store = await folder.open({ maxAgeMs: 2 * day });
    expect(await ids({})).toEqual(["3", "1"]);
  });

  test("was recorded before the clock was set: it is not old only since it seems so", async () => {
    store = await folder.open({ maxAgeMs: 2 * day });
    await record({ beganMs: 1000 });
    await store.write({ type: "keep" });
    expect(await ids({})).toEqual(["1"]);
  });

  test("is in the order in which it was recorded, also after the clock was set back", async () => {
    await record({ beganMs: someMorning });
    await record({ beganMs: someMorning - day });
    expect(await ids({})).toEqual(["2", "1"]);
    expect(await ids({ toMs: someMorning })).toEqual(["2"]);
  });
});

describe("after the program was killed", () => {
  test("files that no row knows are gone, others stay", async () => {
    await record({}, 2);
    await store.stop();
    for (const name of ["2.jpg", "2.jpg.part", "3.avi", "3.avi.part", "1.jpg.part", "README"]) {
      writeFileSync(join(folder.media, name), "x");
    }
    store = await folder.open();
    expect(readdirSync(folder.media).sort()).toEqual(["1.avi", "1.jpg", "README"]);
  });

  test("an event that went on has ended when something was last seen, and its clip is whole", async () => {
    const key = nextKey++;
    await store.write({ type: "begin", key, facts: facts({ endedMs: null }), still: jpeg });
    for (const sinceBeganMs of [0, 200, 400]) {
      const timed = withTime(jpeg, sinceBeganMs);
      await store.write({ type: "frame", key, jpeg: timed, sinceBeganMs, width: 64, height: 48 });
    }
    await store.stop();
    // The last frame was on its way.
    const part = join(folder.media, "1.avi.part");
    writeFileSync(part, readFileSync(part).subarray(0, -1000));
    store = await folder.open();
    expect(await store.get(1)).toMatchObject({ ended: "2026-03-01T08:00:03.000Z", clip: true });
    expect(await store.frameTimes(1)).toEqual([0, 200]);
  });

  test("an event whose files were removed by hand says that it has none", async () => {
    await record({}, 2);
    await store.stop();
    for (const name of ["1.jpg", "1.avi"]) rmSync(join(folder.media, name));
    store = await folder.open();
    expect(await store.get(1)).toMatchObject({ still: false, clip: false });
  });
});

describe("a database that can't be used is left as it is", () => {
  test("from a newer version", async () => {
    await record();
    await store.stop();
    const open = await loadSqlite();
    const database = open(folder.database, false);
    database.exec("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    const before = readFileSync(folder.database);
    await expect(folder.open()).rejects.toMatchObject({
      code: "XC_EVENTS_NEWER",
      message: expect.stringMatching(/events\.db has version 99, written by a newer Xnorcam, .* up to 1; /),
    });
    expect(readFileSync(folder.database).equals(before)).toBe(true);
    expect(existsSync(join(folder.media, "1.jpg"))).toBe(true);
  });

  test("no database at all", async () => {
    await store.stop();
    writeFileSync(folder.database, "these are the notes of somebody else".repeat(100));
    const before = readFileSync(folder.database);
    await expect(folder.open()).rejects.toMatchObject({ code: "XC_EVENTS_UNREADABLE" });
    expect(readFileSync(folder.database).equals(before)).toBe(true);
  });
});

test("what waits when the store stops is written", async () => {
  const writes = [1, 2, 3].map((key) => store.write({ type: "begin", key, facts: facts(), still: jpeg }));
  await store.stop();
  await Promise.all(writes);
  store = await folder.open();
  expect(await ids({})).toEqual(["3", "2", "1"]);
});

test("the SQLite that is used is there in this Node, or installed", async () => {
  const hasBuiltIn = process.getBuiltinModule("node:sqlite") !== undefined;
  const open = await loadSqlite();
  const isBuiltIn = !(open(":memory:", false) instanceof createRequire(import.meta.url)("better-sqlite3"));
  expect(isBuiltIn).toBe(hasBuiltIn);
});
