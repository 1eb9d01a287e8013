import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleProgram } from "../../scripts/bundle.mjs";

test("a program that runs finds the chunks of its own build after another; then they go", async () => {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-bundle-"));
  try {
    for (const name of ["cli", "chunks"]) mkdirSync(join(folder, name));
    const chunk = join(folder, "chunks", "part-OLD.mjs");
    writeFileSync(chunk, 'console.log("loaded");\n');
    const lines =
      'process.stdin.once("data", () => import("../chunks/part-OLD.mjs"));\nconsole.log("runs");\n';
    writeFileSync(join(folder, "cli", "old.mjs"), lines);
    const program = spawn(process.execPath, ["--no-warnings", "cli/old.mjs"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(program.stdout, "data");

    expect(await bundleProgram(folder)).toContain("src/main.ts");
    program.stdin.end("go on\n");
    const [told] = await once(program.stdout, "data");
    expect(String(told)).toBe("loaded\n");
    await once(program, "exit");

    await bundleProgram(folder);
    expect(existsSync(chunk)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
