import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes } from "../src/errors.ts";

test("docs/errors.md has one row with cause and fix for each code, in the order of src/errors.ts", () => {
  const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(XC_\w+)` \| (.+) \| (.+) \|$/gm)];
  expect(rows.map(([, code]) => code)).toEqual([...errorCodes]);
});
