import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LiveServer } from "../helpers/live-server.ts";
import { admin, cookieFor, fetchAs } from "../helpers/sign-in.ts";
import { xnorcam } from "./xnorcam.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

const user = (...args: string[]) => xnorcam(["user", ...args, "--data-dir", live.dataDir]);

test("whoever forgot the password gets a code on the device, and sets a new one while the camera runs", async () => {
  const { code, stdout } = await user("reset");
  expect(code).toBe(0);
  const [typed = ""] = stdout.split("\n");
  expect(typed).toMatch(/^(\w{4}-){3}\w{4}$/);
  expect(readFileSync(live.accounts.setupCode.path, "utf8")).toBe(`${typed}\n`);
  expect(statSync(live.accounts.setupCode.path).mode & 0o777).toBe(0o600);
  const session = await (await fetch(`${live.url}/api/v1/session`)).json();
  expect(session).toMatchObject({ setupNeeded: true, user: null });
  const body = { code: typed, name: admin.name, password: "another password" };
  const cookie = await cookieFor(live.url, "setup", body);
  expect((await fetchAs({ url: live.url, cookie }, "/api/v1/users")).status).toBe(200);
  expect((await live.fetch("/api/v1/status")).status).toBe(401);
  await expect(cookieFor(live.url, "setup", body)).rejects.toThrow("401");
  await expect(cookieFor(live.url, "login", admin)).rejects.toThrow("401");
});

test("says who may sign in, and makes no code by that", async () => {
  const { code, stdout } = await user("list");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^admin, admin, since \d{4}-\d\d-\d\dT.*Z\n$/);
  const session = await (await fetch(`${live.url}/api/v1/session`)).json();
  expect(session).toMatchObject({ setupNeeded: false });
});

test("says so where there is nobody, no folder, or no such action", async () => {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-user-"));
  const empty = await xnorcam(["user", "list", "--data-dir", folder]);
  expect(empty.stdout).toBe(`nobody can sign in yet with what is in ${folder}\n`);
  rmSync(folder, { recursive: true });
  const none = await xnorcam(["user", "reset", "--data-dir", folder]);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("(XC_DATA_DIR)") });
  expect((await user("remove")).stderr).toContain('user can do "list" and "reset", not "remove"');
});
