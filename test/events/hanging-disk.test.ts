import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { EventFolder } from "../helpers/recorded.ts";
import { RecordedCamera } from "../helpers/recorded-camera.ts";
import { SlowDisk } from "../helpers/slow-disk.ts";
import { until } from "../helpers/until.ts";

const hangMs = 5000;
/** Far less than the hang, and more than a busy machine takes; test/timing says how long it is. */
const atOnceMs = 1000;
const framePeriodMs = 50;

let disk: SlowDisk;
let folder: EventFolder;

beforeEach(async () => {
  disk = await SlowDisk.mount();
  folder = new EventFolder(disk.path);
});
afterEach(async () => {
  disk.goOn();
  await folder.remove().catch(() => {});
  await disk.unmount();
});

test("a disk that hangs delays no decision; nobody is told of the event before it is on the disk", async () => {
  const store = await folder.open();
  const camera = new RecordedCamera(store, systemClock, { clipFps: 30 });
  let longestMs = 0;
  let alarms = 0;
  camera.alarm.on("change", ({ active }) => (alarms += active ? 1 : 0));
  const see = (...objects: Parameters<RecordedCamera["see"]>) => {
    const before = performance.now();
    camera.see(...objects);
    longestMs = Math.max(longestMs, performance.now() - before);
  };
  disk.hang();
  const startMs = performance.now();
  while (performance.now() - startMs < hangMs) {
    // On and off, so that several alarms fall into it.
    const isSeen = (performance.now() - startMs) % 2500 < 300;
    see(isSeen ? [{ label: "knife", score: 0.9 }] : []);
    await sleep(framePeriodMs);
  }
  expect(alarms).toBe(2);
  expect(longestMs).toBeLessThan(atOnceMs);
  expect(camera.told).toEqual([]);
  await expect(store.find({ limit: 1 })).rejects.toMatchObject({ code: "XC_EVENTS_BUSY" });

  disk.goOn();
  await until("both are told", () => new Set(camera.told.map(({ id }) => id)).size === 2);
  for (const id of ["1", "2"]) expect(existsSync(join(folder.media, `${id}.jpg`))).toBe(true);
  expect(folder.log.warn).toEqual([
    expect.stringMatching(/^the disk has not answered for 2 s: events wait in memory, .* the alarm goes on$/),
  ]);
  await camera.stop();
}, 40_000);

test("the store stops within its time while the disk hangs", async () => {
  const store = await folder.open();
  const camera = new RecordedCamera(store, systemClock);
  disk.hang();
  camera.see([{ label: "knife", score: 0.9 }]);
  await sleep(300);
  const before = performance.now();
  await Promise.all([camera.stop(), store.stop()]);
  expect(performance.now() - before).toBeLessThan(6000);
}, 20_000);
