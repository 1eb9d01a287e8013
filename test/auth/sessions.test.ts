import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AccessControl } from "../../src/auth/access-control.ts";

const dayMs = 24 * 3600_000;

let folder: string;
let nowMs: number;
let warnings: string[];
let accounts: AccessControl;

async function open(): Promise<AccessControl> {
  const opened = new AccessControl(
    folder,
    (line) => warnings.push(line),
    () => nowMs,
  );
  await opened.start();
  return opened;
}

async function secret(): Promise<string> {
  const outcome = await accounts.signIn("ann", "a long password");
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome.secret;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-sessions-"));
  nowMs = Date.UTC(2026, 0, 2);
  warnings = [];
  accounts = await open();
  await accounts.addUser("ann", "admin", "a long password");
});
afterEach(async () => {
  await accounts.stop();
  rmSync(folder, { recursive: true });
});

test("a session ends 30 days after it was used last, also over a restart, and not when the clock is set back", async () => {
  const cookie = await secret();
  for (let month = 0; month < 3; month++) {
    nowMs += 29 * dayMs;
    expect(accounts.userOf(cookie)?.name).toBe("ann");
    await accounts.stop();
    accounts = await open();
  }
  nowMs -= 365 * dayMs;
  expect(accounts.userOf(cookie)?.name).toBe("ann");
  nowMs += 365 * dayMs + 31 * dayMs;
  expect(accounts.userOf(cookie)).toBeNull();
});

test("sessions end with the password that they were begun with, and with their user", async () => {
  const old = await secret();
  const changed = await accounts.changePassword("ann", "a long password", "another password");
  expect(accounts.userOf(old)).toBeNull();
  expect(typeof changed === "string" ? null : accounts.userOf(changed.secret)?.name).toBe("ann");
  await accounts.addUser("bob", "admin", "a long password");
  const bob = await accounts.signIn("bob", "a long password");
  await accounts.removeUser("bob");
  await accounts.addUser("bob", "viewer", "a long password");
  expect(typeof bob === "string" ? bob : accounts.userOf(bob.secret)).toBeNull();
});

test("at most a hundred are kept; the one that was not used for the longest goes", async () => {
  const cookies: string[] = [];
  for (let count = 0; count < 102; count++) {
    nowMs += 1000;
    cookies.push(await secret());
  }
  const alive = cookies.map((cookie) => accounts.userOf(cookie) !== null);
  expect(alive).toEqual([false, false, ...Array.from({ length: 100 }, () => true)]);
});

test("a damaged file of sessions costs a new sign-in, and nothing more", async () => {
  const cookie = await secret();
  await accounts.stop();
  writeFileSync(join(folder, "sessions.json"), '{"version":1,"sess');
  accounts = await open();
  expect(warnings).toEqual([expect.stringContaining("everybody has to sign in again: ")]);
  expect(accounts.userOf(cookie)).toBeNull();
  expect(accounts.userOf(await secret())?.name).toBe("ann");
});

test("whoever signs in while the disk can't be written is signed in until the next start", async () => {
  mkdirSync(join(folder, "sessions.json.part"));
  const cookie = await secret();
  expect(accounts.userOf(cookie)?.name).toBe("ann");
  await accounts.stop();
  expect(warnings).toEqual([
    expect.stringContaining("who is signed in will be forgotten at the next start: "),
  ]);
});

test("a user that can't be written down is no user", async () => {
  mkdirSync(join(folder, "users.json.part"));
  await expect(accounts.addUser("bob", "admin", "a long password")).rejects.toMatchObject({
    code: "XC_ACCESS_FILE",
    message: expect.stringContaining("users.json can't be written: "),
  });
  expect(accounts.users.get("bob")).toBeNull();
});

test("the last admin stays, also when two are removed at the same instant", async () => {
  await accounts.addUser("bob", "admin", "a long password");
  const removed = await Promise.all(["ann", "bob"].map((name) => accounts.removeUser(name)));
  expect(removed).toEqual([true, false]);
  expect(readFileSync(join(folder, "users.json"), "utf8")).toContain('"bob"');
});

test("a name is one, however it is written", async () => {
  expect(await accounts.addUser("ANN", "viewer", "a long password")).toBe("taken");
  expect(await accounts.addUser("Åsa", "viewer", "a long password")).toBe("added");
  expect(await accounts.addUser("A\u030asa", "viewer", "a long password")).toBe("taken");
});
