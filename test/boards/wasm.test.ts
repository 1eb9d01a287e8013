import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildWasm } from "../../scripts/wasm.mjs";

const prebuilt = fileURLToPath(new URL("../../src/native/prebuilt/", import.meta.url));

/** A sum for each file. */
function digests(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

test("the WebAssembly in the repository is what its sources give; if not: npm run prebuild", () => {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  try {
    expect(buildWasm(folder)).toBeUndefined();
    expect(digests(prebuilt)).toEqual(digests(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
