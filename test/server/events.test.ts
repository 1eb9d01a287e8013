import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventDetails, EventPage } from "../../src/events/event.ts";
import type { EventStore } from "../../src/events/event-store.ts";
import { withTime } from "../../src/events/timed-jpeg.ts";
import { sharp } from "../../src/image/sharp.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer, TestViewer } from "../helpers/live-server.ts";
import { rawRequest } from "../helpers/raw-request.ts";
import { EventFolder, facts, someMorning } from "../helpers/recorded.ts";
import { until } from "../helpers/until.ts";

const minute = 60_000;
const frames = 5;

let folder: EventFolder;
let store: EventStore;
let live: LiveServer;
let jpeg: Buffer;

beforeAll(async () => {
  folder = new EventFolder();
  store = await folder.open();
  live = await LiveServer.start({ events: store });
  store.on("event", (event) => live.hub.publishEvent(event));
  jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: "green" } })
    .jpeg()
    .toBuffer();
  await record(1, { labels: ["person"], zones: ["door"], kind: "sighting" });
  await record(2, { labels: ["knife"], zones: ["counter"], beganMs: someMorning + minute });
});
afterAll(async () => {
  await live.stop();
  await folder.remove();
});

/** With a still and a clip. @param key of an event that was not there before: it gets this id */
async function record(key: number, change: Parameters<typeof facts>[0] = {}): Promise<void> {
  await store.write({ type: "begin", key, facts: { ...facts(change), endedMs: null }, still: jpeg });
  for (let i = 0; i < frames; i++) {
    const sinceBeganMs = i * 200 - 200;
    const timed = withTime(jpeg, sinceBeganMs);
    await store.write({ type: "frame", key, jpeg: timed, sinceBeganMs, width: 64, height: 48 });
  }
  await store.write({ type: "end", key, facts: facts(change) });
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return live.fetch(`/api/v1/${path}`, { headers });
}

async function idsOf(query: string): Promise<string[]> {
  const { events } = (await (await get(`events?${query}`)).json()) as EventPage;
  return events.map(({ id }) => id);
}

function send(method: string, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return live.fetch(`/api/v1/${path}`, { method, headers, body: JSON.stringify(body) });
}

describe("the list of events", () => {
  test("has the newest first, without the ways of the objects", async () => {
    const response = await get("events");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { events, next } = (await response.json()) as EventPage;
    expect(events.map(({ id }) => id)).toEqual(["2", "1"]);
    expect(next).toBeNull();
    expect(events[0]!.tracks[0]).not.toHaveProperty("path");
  });

  test.each([
    ["class=person", ["1"]],
    ["zone=counter", ["2"]],
    ["kind=sighting", ["1"]],
    ["from=2026-03-01T08:00:30Z", ["2"]],
    ["from=2026-03-01T09:00:30%2B01:00", ["2"]],
    ["to=2026-03-01T08:00:30Z", ["1"]],
    ["from=2026-03-01&to=2026-03-02", ["2", "1"]],
    ["pinned=true", []],
    ["before=2", ["1"]],
    ["limit=1", ["2"]],
    ["class=person&zone=counter", []],
  ])("for %s is %j", async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids);
  });

  test.each([
    "limit=0",
    "limit=201",
    "limit=x",
    "kind=burglary",
    "from=yesterday",
    "to=2026-13-01T00:00:00Z",
    "pinned=maybe",
    "before=-1",
    "before=1%20OR%201=1",
    "class=",
    `zone=${"z".repeat(101)}`,
    "color=red",
    "class=a&class=b",
  ])("for %s is refused with what is wrong", async (query) => {
    const response = await get(`events?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining(query.split("=")[0]!) });
  });
});

describe("one event", () => {
  test("has the ways of its objects and the decisions", async () => {
    const event = (await (await get("events/2")).json()) as EventDetails;
    expect(event).toMatchObject({ id: "2", labels: ["knife"] });
    expect(event.tracks[0]!.path).toHaveLength(2);
    expect(event.decisions).toHaveLength(1);
  });

  test("is pinned, acknowledged and annotated, and pages are told", async () => {
    const viewer = await TestViewer.connect(live);
    const response = await send("PATCH", "events/1", { pinned: true, note: "é".repeat(1000) });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: "1", pinned: true, acknowledged: false });
    await until("the page was told", () => viewer.messages("event").length > 0);
    expect(viewer.messages("event")[0]).toMatchObject({ event: { id: "1", pinned: true } });
    expect(await idsOf("pinned=true")).toEqual(["1"]);
    viewer.close();
  });

  test.each([
    [{}],
    [{ pinned: "perhaps" }],
    [{ note: 7 }],
    [{ note: null }],
    [{ pinned: null }],
    [{ pinned: "true" }],
    [{ acknowledged: 1 }],
    [{ note: "x".repeat(1001) }],
    [{ kind: "test" }],
    [[]],
    [null],
  ])("is not changed by %j", async (body) => {
    const before = await store.get(1);
    expect((await send("PATCH", "events/1", body)).status).toBe(400);
    expect(await store.get(1)).toEqual(before);
  });

  test("is removed with its files, once", async () => {
    await record(3);
    const remove = () => live.fetch("/api/v1/events/3", { method: "DELETE" });
    expect((await remove()).status).toBe(204);
    for (const path of ["events/3", "events/3/still.jpg", "events/3/clip.avi", "events/3/export.zip"]) {
      expect((await get(path)).status).toBe(404);
    }
    expect(readdirSync(folder.media).filter((name) => name.startsWith("3."))).toEqual([]);
    expect((await remove()).status).toBe(404);
  });
});

describe("still and clip", () => {
  test("are what was recorded", async () => {
    const still = await get("events/1/still.jpg");
    expect(still.headers.get("content-type")).toBe("image/jpeg");
    expect(Buffer.from(await still.arrayBuffer()).equals(jpeg)).toBe(true);
    const clip = await get("events/1/clip.avi");
    expect(clip.headers.get("content-type")).toBe("video/x-msvideo");
    expect(Buffer.from(await clip.arrayBuffer()).toString("latin1", 0, 4)).toBe("RIFF");
  });

  test("come in parts, and not again when they have not changed", async () => {
    const whole = Buffer.from(await (await get("events/1/clip.avi")).arrayBuffer());
    const part = await get("events/1/clip.avi", { range: "bytes=10-19" });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 10-19/${whole.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20))).toBe(true);
    const tail = await get("events/1/clip.avi", { range: "bytes=-5" });
    expect(Buffer.from(await tail.arrayBuffer()).equals(whole.subarray(-5))).toBe(true);
    expect((await get("events/1/clip.avi", { range: `bytes=${whole.length}-` })).status).toBe(416);
    const etag = part.headers.get("etag")!;
    const again = await get("events/1/still.jpg", { "cache-control": "max-age=0" });
    expect(again.status).toBe(200);
    expect(
      (await get("events/1/clip.avi", { "if-none-match": etag, "cache-control": "max-age=0" })).status,
    ).toBe(304);
  });

  test("frames come one by one, with their times", async () => {
    const list = (await (await get("events/1/frames.json")).json()) as { at: string }[];
    expect(list).toHaveLength(frames);
    expect(list[0]).toEqual({ at: "2026-03-01T07:59:59.800Z", sinceBeganMs: -200 });
    const frame = await get(`events/1/frames/${frames - 1}.jpg`);
    expect(frame.headers.get("content-type")).toBe("image/jpeg");
    expect(await sharp(Buffer.from(await frame.arrayBuffer())).metadata()).toMatchObject({ width: 64 });
    for (const number of [`${frames}`, "-1", "x", "1e0", "99999999999"]) {
      expect((await get(`events/1/frames/${number}.jpg`)).status).toBe(404);
    }
  });

  test("come in one archive with everything that is known of the event", async () => {
    const response = await get("events/2/export.zip");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="xnorcam-2.zip"');
    const files = unzip(Buffer.from(await response.arrayBuffer()));
    expect([...files.keys()]).toEqual(["event.json", "still.jpg", "clip.avi"]);
    expect(JSON.parse(files.get("event.json")!.toString())).toEqual(await store.get(2));
    expect(files.get("still.jpg")!.equals(jpeg)).toBe(true);
  });
});

test("an archive whose files are gone meanwhile is cut off, and the camera goes on", async () => {
  await record(4);
  rmSync(join(folder.media, "4.avi"));
  await expect(get("events/4/export.zip").then((response) => response.arrayBuffer())).rejects.toThrow();
  expect((await get("events/4")).status).toBe(200);
});

describe("ids that lead elsewhere", () => {
  beforeAll(() => {
    // What a way out of the folder would find.
    writeFileSync(join(folder.path, "secret.jpg"), "secret");
    mkdirSync(join(folder.path, "1"));
  });

  test.each([
    "..%2fsecret",
    "..%2f..%2fsecret",
    "%2e%2e%2fsecret",
    "..%5csecret",
    "..",
    "0",
    "01",
    "1%00",
    "1.jpg",
    "-1",
    "1e3",
    "0x1",
    "%F0%9F%94%AA",
    "9999999999999999999999",
    "1'--",
  ])("%s is a 404 everywhere", async (id) => {
    for (const rest of ["", "/still.jpg", "/clip.avi", "/frames.json", "/frames/0.jpg", "/export.zip"]) {
      // Not by fetch, which would tidy the address up.
      const answer = await rawRequest(
        live.url,
        `GET /api/v1/events/${id}${rest} HTTP/1.0\r\nCookie: ${live.cookie}\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).not.toContain("secret\r\n");
      expect(answer).toContain("application/problem+json");
    }
  });
});

test("where nothing is recorded, the answer says why", async () => {
  const why = "events are not recorded: events.enabled is false";
  const without = await LiveServer.start({ events: why });
  for (const path of ["events", "events/1", "events/1/still.jpg"]) {
    const response = await without.fetch(`/api/v1/${path}`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: why });
  }
  await without.stop();
});

describe("the newest picture", () => {
  test("is the next one, with its boxes", async () => {
    const asked = get("still.jpg");
    await until("somebody waits", () => live.hub.viewerCount === 1);
    live.publish([detection("rifle", 0.9)]);
    const response = await asked;
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect({ width, height }).toEqual({ width: live.picture.width, height: live.picture.height });
    expect(live.hub.viewerCount).toBe(0);
  });

  test("is a 503 when none comes", async () => {
    const response = await get("still.jpg");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: "no picture came for 5 s; /healthz says why" });
    expect(live.hub.viewerCount).toBe(0);
  });
});

/** By the directory at the end of the archive. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = archive.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < archive.readUInt16LE(end + 10); i++) {
    const [method, bytes] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20)];
    const nameBytes = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(from, from + bytes);
    const name = archive.toString("utf8", at + 46, at + 46 + nameBytes);
    files.set(name, method === 8 ? inflateRawSync(data) : data);
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}
