import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { webRoot } from "../helpers/live-server.ts";

const budgetBytes = 120_000;

test("the whole dashboard comes in 120 KB, compressed", () => {
  const files = readdirSync(webRoot, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length);
  expect(files.map(({ name }) => name)).toContain("index.html");
  expect(sizes.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(budgetBytes);
});

test("its page has no script or style of its own, which its content security policy would refuse", () => {
  const html = readFileSync(join(webRoot, "index.html"), "utf8");
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc="\/)/);
});
