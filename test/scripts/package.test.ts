import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const packager = fileURLToPath(new URL("../../scripts/package.mjs", import.meta.url));

let headers: string;

beforeEach(() => {
  headers = mkdtempSync(join(tmpdir(), "xnorcam-headers-"));
});
afterEach(() => rmSync(headers, { recursive: true }));

test.each([
  ["20.19", "of Node 20.19: a release is for 22.13 or later"],
  ["22.12", "of Node 22.12: a release is for 22.13 or later"],
  ["24.0", "of Node 24: there is no later one than 22 for ARMv6"],
])("a release for ARMv6 is not made with the headers of Node %s", (version, refusal) => {
  const [major, minor] = version.split(".");
  const text = `#define NODE_MAJOR_VERSION ${major}\n#define NODE_MINOR_VERSION ${minor}\n`;
  writeFileSync(join(headers, "node_version.h"), text);
  const args = [packager, "--target", "linux-arm", "--headers", headers, "--out", headers];
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout + stderr).toContain(refusal);
});
