import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventStore } from "../../src/events/event-store.ts";
import { withTime } from "../../src/events/timed-jpeg.ts";
import { EventFolder, facts } from "../helpers/recorded.ts";

const still = Buffer.alloc(100_000, 3);

let path: string;
let folder: EventFolder;
let store: EventStore;

/** A file system of 4 MB. Only root may mount one; everybody else is root in a user namespace, which a thread can't join. */
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), "xnorcam-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", path]);
  folder = new EventFolder(path);
  store = await folder.open();
});
afterEach(async () => {
  await store.stop();
  execFileSync("umount", [path]);
  rmSync(path, { recursive: true });
});

test("on a full disk the oldest events go and the newest are kept, with one warning at the most", async () => {
  for (let key = 1; key <= 100; key++) {
    await store.write({ type: "begin", key, facts: facts(), still });
    await store.write({ type: "end", key, facts: facts() });
    if (key === 1) await store.change(1, { pinned: true });
  }
  const { events } = await store.find({ limit: 200 });
  const ids = events.map(({ id }) => Number(id));
  expect(ids[0]).toBe(100);
  expect(ids.at(-1)).toBe(1);
  expect(ids.length).toBeGreaterThan(15);
  expect(ids.slice(0, -1)).toEqual(ids.slice(0, -1).map((_, index) => 100 - index));
  expect(folder.log.warn.length).toBeLessThanOrEqual(1);
  store = await folder.open();
  expect((await store.find({ limit: 200 })).events).toEqual(events);
});

test("where others have filled the disk, one warning says so, and events are kept again when there is room", async () => {
  fill();
  for (let key = 1; key <= 3; key++) {
    expect(await store.write({ type: "begin", key, facts: facts(), still })).toBeNull();
    expect(await store.write({ type: "end", key, facts: facts() })).toBeNull();
    await store.write({ type: "keep" });
  }
  expect(folder.log.warn).toEqual([
    "events are not all kept: the disk is full and there is no event to remove; the alarm goes on",
  ]);
  rmSync(join(path, "somebody-elses"));
  expect(await store.write({ type: "begin", key: 4, facts: facts(), still })).toMatchObject({ still: true });
  expect(folder.log.info).toEqual([]);
  await store.write({ type: "end", key: 4, facts: facts() });
  expect(folder.log.info).toEqual(["there is room for events again"]);
});

test("where the files of one event make too little room to note that it is gone, more of them go", async () => {
  const small = still.subarray(0, 9000);
  const [track] = facts().tracks;
  const tracks = Array.from({ length: 60 }, (_, id) => ({ ...track!, id }));
  const decisions = tracks.map(({ id }) => ({ ...facts().decisions[0]!, trackId: id }));
  const record = async (key: number) => {
    const begun = await store.write({
      type: "begin",
      key,
      facts: facts({ tracks, decisions }),
      still: small,
    });
    await store.write({ type: "end", key, facts: facts({ tracks, decisions }) });
    return begun;
  };
  for (let key = 1; key <= 40; key++) await record(key);
  fill();
  for (let key = 41; key <= 60; key++) {
    expect(await record(key), `event ${key}`).toMatchObject({ id: String(key), still: true });
  }
  expect(folder.log.warn).toEqual([]);
});

test("what should stay free for others stays free", async () => {
  store = await folder.open({ minFreeBytes: 1_500_000 });
  for (let key = 1; key <= 40; key++) {
    await store.write({ type: "begin", key, facts: facts(), still });
    await store.write({ type: "end", key, facts: facts() });
  }
  const { bavail, bsize } = statfsSync(path);
  expect(bavail * bsize).toBeGreaterThanOrEqual(1_500_000);
  expect((await store.find({ limit: 200 })).events.length).toBeGreaterThan(5);
});

test("on a disk that was full already when the program started, the oldest events go", async () => {
  for (let key = 1; key <= 10; key++) {
    await store.write({ type: "begin", key, facts: facts({ endedMs: null }), still });
    if (key < 10) await store.write({ type: "end", key, facts: facts() });
  }
  await store.stop();
  fill();
  store = await folder.open();
  expect(folder.log.error).toEqual([]);
  expect(await store.write({ type: "begin", key: 11, facts: facts(), still })).toMatchObject({ still: true });
  const ids = (await store.find({ limit: 200 })).events.map(({ id }) => Number(id));
  expect(ids.slice(0, 2)).toEqual([11, 10]);
  expect(await store.get(10)).toMatchObject({ ended: expect.any(String), still: true });
});

test("people can still change and remove events on a full disk", async () => {
  for (let key = 1; key <= 3; key++) {
    await store.write({ type: "begin", key, facts: facts(), still });
    await store.write({ type: "end", key, facts: facts() });
  }
  fill();
  expect(await store.change(3, { note: "n".repeat(1000), pinned: true })).toMatchObject({ pinned: true });
  fill();
  expect(await store.remove(3)).toBe(true);
  expect(await store.get(3)).toBeNull();
});

test("a clip gets its end on a full disk, too: an older event makes room for it", async () => {
  await store.write({ type: "begin", key: 1, facts: facts(), still });
  await store.write({ type: "end", key: 1, facts: facts() });
  await store.write({ type: "begin", key: 2, facts: facts({ endedMs: null }), still });
  for (let i = 0; i < 300; i++) {
    const jpeg = withTime(still.subarray(0, 500), i);
    await store.write({ type: "frame", key: 2, jpeg, sinceBeganMs: i, width: 64, height: 48 });
  }
  fill();
  expect(await store.write({ type: "end", key: 2, facts: facts() })).toMatchObject({ clip: true });
  expect(await store.frameTimes(2)).toHaveLength(300);
  expect(await store.get(1)).toBeNull();
});

/** Takes all the room there is, to the last byte. */
function fill(): void {
  const fd = openSync(join(path, "somebody-elses"), "a");
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(fd);
  }
}
