import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { Outbox } from "../../src/notify/outbox.ts";
import { beganNotice } from "../helpers/mqtt-camera.ts";

let folder: string;
let logged: string[];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "xnorcam-outbox-")), "queue");
  logged = [];
});

const outboxOf = (limit = 10) => new Outbox(folder, limit, { warn: (line) => void logged.push(line) });

async function drained(outbox: Outbox): Promise<string[]> {
  const ids: string[] = [];
  for (let notice = outbox.peek(); notice !== null; notice = outbox.peek()) {
    ids.push(notice.event.id);
    await outbox.remove(notice);
  }
  return ids;
}

test("what was queued is there after a restart, in order, and only this user may read it", async () => {
  const first = outboxOf();
  await first.open();
  for (const id of ["a", "b", "c"]) await first.add(beganNotice(id));
  const second = outboxOf();
  await second.open();
  await second.add(beganNotice("d"));
  expect(await drained(second)).toEqual(["a", "b", "c", "d"]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a notice that waits already is not queued again", async () => {
  const outbox = outboxOf();
  await outbox.open();
  await Promise.all([outbox.add(beganNotice("a")), outbox.add(beganNotice("a"))]);
  expect(outbox.size).toBe(1);
});

test("the oldest go from a full queue, on disk too, with one warning until it is half empty", async () => {
  const outbox = outboxOf(4);
  await outbox.open();
  for (const id of ["a", "b", "c", "d", "e", "f"]) await outbox.add(beganNotice(id));
  expect(readdirSync(folder)).toHaveLength(4);
  expect(logged).toEqual([`${folder}: more than 4 messages wait; the oldest are dropped`]);
  expect(await drained(outbox)).toEqual(["c", "d", "e", "f"]);
  for (const id of ["g", "h", "i", "j", "k"]) await outbox.add(beganNotice(id));
  expect(logged).toHaveLength(2);
});

test("opened again, it keeps what waits and goes by its new limit", async () => {
  const outbox = outboxOf();
  await outbox.open();
  for (const id of ["a", "b", "c"]) await outbox.add(beganNotice(id));
  outbox.resize(2);
  await outbox.open();
  expect(await drained(outbox)).toEqual(["b", "c"]);
});

test("damaged files and what a write left behind are removed, the first with a warning", async () => {
  const outbox = outboxOf();
  await outbox.open();
  await outbox.add(beganNotice("a"));
  writeFileSync(join(folder, "000000000005.json"), '{"id": "half a no');
  writeFileSync(join(folder, "000000000006.json"), '{"id": 7}');
  writeFileSync(join(folder, "000000000007.json.new"), "{");
  const next = outboxOf();
  await next.open();
  expect(logged).toEqual([
    expect.stringContaining("000000000005.json is damaged"),
    expect.stringContaining("000000000006.json is damaged"),
  ]);
  expect(await drained(next)).toEqual(["a"]);
  expect(readdirSync(folder)).toEqual([]);
});

test("while the disk takes nothing, notices wait in memory, with one warning", async () => {
  const outbox = outboxOf();
  await outbox.open();
  // A folder where the next file would go refuses it, also to root.
  for (const number of [0, 1]) mkdirSync(join(folder, `00000000000${number}.json.new`));
  await outbox.add(beganNotice("a"));
  await outbox.add(beganNotice("b"));
  await outbox.add(beganNotice("c"));
  expect(logged).toEqual([expect.stringMatching(/would not survive a restart$/)]);
  expect(await drained(outbox)).toEqual(["a", "b", "c"]);
});
