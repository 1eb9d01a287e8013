import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventSummary } from "../../src/events/event.ts";
import type { EventStore } from "../../src/events/event-store.ts";
import { randomFrom } from "../../src/random.ts";
import { EventFolder } from "../helpers/recorded.ts";

const kills = 200;
/** From the first frame on: some events. */
const longestRunMs = 2000;
/** One kill of so many comes while the program starts, and brings in order what the one before has left. */
const startEvery = 8;
const longestStartMs = 1500;
const standin = fileURLToPath(new URL("../standin/recorder.mjs", import.meta.url));

let folder: EventFolder;

beforeEach(() => {
  folder = new EventFolder();
});
afterEach(() => folder.remove());

/** Records events in a process that ends as nobody can see coming. @returns each event as it was told last */
async function recordUntilKilled(afterMs: number, fromStart: boolean): Promise<Map<string, EventSummary>> {
  const told = new Map<string, EventSummary>();
  const child = spawn(process.execPath, [standin, folder.path], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((resolve) => {
    lines.on("line", (line) => {
      if (line === "ready") resolve(null);
      else {
        const event = JSON.parse(line) as EventSummary;
        told.set(event.id, event);
      }
    });
  });
  if (!fromStart) await Promise.race([ready, ended]);
  await sleep(afterMs);
  expect(child.exitCode, "it runs until it is killed").toBeNull();
  child.kill("SIGKILL");
  await ended;
  return told;
}

/** Files that no event has. */
function orphans(events: ReadonlyMap<string, EventSummary>): string[] {
  return readdirSync(folder.media).filter((name) => {
    const [id = "", ending, part] = name.split(".");
    const event = events.get(id);
    return part !== undefined || (ending === "jpg" ? event?.still : event?.clip) !== true;
  });
}

async function allEvents(store: EventStore): Promise<Map<string, EventSummary>> {
  const all = new Map<string, EventSummary>();
  for (let before: number | undefined; ; ) {
    const { events, next } = await store.find({ limit: 200, before });
    for (const event of events) all.set(event.id, event);
    if (next === null) return all;
    before = Number(next);
  }
}

function isWholeJpeg(bytes: Buffer): boolean {
  return (
    bytes.length > 500 && bytes.readUInt16BE(0) === 0xffd8 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9
  );
}

test(`killed ${kills} times while events are recorded, the store has every event that it told, and no file too many`, async () => {
  const random = randomFrom(11);
  let toldOf = 0;
  let midEvent = 0;
  let mended = 0;
  let events = new Map<string, EventSummary>();
  for (let round = 1; round <= kills; round++) {
    const fromStart = round % startEvery === 0;
    const told = await recordUntilKilled((fromStart ? longestStartMs : longestRunMs) * random(), fromStart);
    const store = await folder.open();
    events = await allEvents(store);
    for (const [id, event] of told) {
      const found = events.get(id);
      expect(found, `event ${id} of round ${round}`).toBeDefined();
      // What was told stays true; what went on then has ended now.
      expect(found).toMatchObject({
        began: event.began,
        labels: event.labels,
        still: event.still,
        ended: event.ended ?? expect.any(String),
      });
      expect(event.still).toBe(true);
      expect(isWholeJpeg(readFileSync(join(folder.media, `${id}.jpg`)))).toBe(true);
      if (event.clip) expect(existsSync(join(folder.media, `${id}.avi`))).toBe(true);
      if (event.ended === null && found!.clip) mended++;
    }
    for (const event of events.values()) expect(event.ended).not.toBeNull();
    expect(orphans(events)).toEqual([]);
    toldOf += told.size;
    if ([...told.values()].some(({ ended }) => ended === null)) midEvent++;
    await store.stop();
  }
  console.log(
    `${kills} kills, ${midEvent} of them during an event: ${events.size} events, every one of the ${toldOf} that were told is there with its still, ${mended} clips got their end, no orphan`,
  );
  expect(folder.log.error).toEqual([]);
  expect(midEvent).toBeGreaterThan(kills / 10);
});
