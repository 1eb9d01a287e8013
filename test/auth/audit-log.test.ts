import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AuditLog } from "../../src/auth/audit-log.ts";

let folder: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-audit-"));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, "audit.jsonl");
async function open(path = file()): Promise<AuditLog> {
  const log = new AuditLog(
    path,
    () => Date.UTC(2026, 0, 2),
    (line) => warnings.push(line),
  );
  await log.start();
  return log;
}
const entry = (detail: string) => ({ who: "admin", address: "192.0.2.1", action: "arm", detail });

test("the newest come first, a page at a time, also what was written before a restart", async () => {
  const before = await open();
  for (const detail of ["one", "two", "three"]) before.write(entry(detail));
  await before.stop();
  const log = await open();
  log.write(entry("four"));
  const first = await log.read(3);
  expect(first.entries.map(({ detail }) => detail)).toEqual(["four", "three", "two"]);
  expect(first.entries[0]).toEqual({ id: 4, time: "2026-01-02T00:00:00.000Z", ...entry("four") });
  expect(await log.read(3, first.next!)).toMatchObject({ entries: [entry("one")], next: null });
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test("ten thousand entries take at most half a megabyte; the newest are there", async () => {
  const log = await open();
  for (let count = 1; count <= 10_000; count++) {
    log.write(entry(`${count} ${"x".repeat(1000)}`));
    if (count % 200 === 0) await log.stop();
  }
  await log.stop();
  const bytes = ["audit.jsonl", "audit.1.jsonl"].map((name) => statSync(join(folder, name)).size);
  expect(bytes[0]! + bytes[1]!).toBeLessThanOrEqual(512 * 1024);
  const { entries } = await log.read(500);
  expect(entries).toHaveLength(500);
  expect(entries[0]!.detail).toMatch(/^10000 x{294}$/);
});

test("a line that a power cut left unfinished, and other rubbish, is passed over", async () => {
  const before = await open();
  before.write(entry("one"));
  await before.stop();
  appendFileSync(file(), 'rubbish\n{"id":7}\n{"id":2,"time":"2026-0');
  const log = await open();
  log.write(entry("two"));
  await log.stop();
  expect((await log.read(10)).entries.map(({ id, detail }) => [id, detail])).toEqual([
    [2, "two"],
    [1, "one"],
  ]);
  expect(readFileSync(file(), "utf8")).toMatch(/"time":"2026-0\n\{"id":2/);
});

test("a disk that can't be written is told once, and nobody waits for it", async () => {
  const log = await open();
  rmSync(folder, { recursive: true });
  for (let count = 0; count < 3; count++) log.write(entry("lost"));
  await log.stop();
  expect(warnings).toEqual([expect.stringMatching(/audit\.jsonl can't be written, .*: ENOENT/)]);
  expect(await log.read(10)).toEqual({ entries: [], next: null });
  mkdirSync(folder);
});
