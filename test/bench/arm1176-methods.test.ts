import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whatIsMissing } from "../../scripts/bench/arm1176/toolchain.mjs";
import { methodNames } from "../../src/method-files.ts";
import { writeMethodModels } from "../helpers/method-models.ts";

const script = fileURLToPath(new URL("../../scripts/bench/arm1176.mjs", import.meta.url));
const missing = whatIsMissing();
if (missing !== undefined) console.warn(`models are not counted on the ARM1176 here: ${missing}`);

interface Row {
  name: string;
  instructions: number;
  thumbInstructions: number;
  outputMatchesReference: boolean;
}

function counted(folder: string): Promise<{ code: number; rows: Row[]; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, "--json", "--methods", folder], (error, stdout, stderr) => {
      // What is compiled first is said on a line before.
      const rows = JSON.parse(stdout.trim().split("\n").at(-1)!) as Row[];
      resolve({ code: error === null ? 0 : Number(error.code), rows, stderr });
    });
  });
}

describe.skipIf(missing !== undefined)("bench:arm1176 --methods", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-arm1176-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("counts each method's instructions, all maps as the reference computes them", {
    timeout: 180_000,
  }, async () => {
    writeMethodModels(folder, methodNames);
    const { code, rows, stderr } = await counted(folder);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(rows.map(({ name }) => name)).toEqual(methodNames);
    for (const row of rows) expect(row).toMatchObject({ thumbInstructions: 0, outputMatchesReference: true });
    const instructionsOf = (method: string) => rows.find(({ name }) => name === method)!.instructions;
    expect(instructionsOf("bnn")).toBeLessThan(instructionsOf("float"));
    expect(instructionsOf("bnn")).toBeLessThan(instructionsOf("dorefa-2"));
  });

  it("names a model that it cannot count, and counts the others", { timeout: 60_000 }, async () => {
    writeMethodModels(folder, ["bnn"]);
    writeFileSync(join(folder, "broken.safetensors"), "no model");
    const { code, rows, stderr } = await counted(folder);
    expect(code).toBe(1);
    expect(rows.map(({ name }) => name)).toEqual(["bnn"]);
    expect(stderr).toMatch(/^xnorcam: .*broken\.safetensors: /);
  });
});
