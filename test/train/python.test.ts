import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../../scripts/train/", import.meta.url));

/** Debian's own goes first: `python3` may be one that knows nothing of its packages. */
const interpreters = ["/usr/bin/python3", "python3"];

/** The first that has what training needs; null where none has. */
async function pythonWithTorch(): Promise<string | null> {
  for (const python of interpreters) {
    const found = await run(python, ["-c", "import torch, numpy, PIL, yaml"]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}

test("the training code's own tests pass", { timeout: 300_000 }, async ({ skip }) => {
  const python = await pythonWithTorch();
  if (python === null) {
    const missing = "training is not tested: no python3 here has torch, numpy, PIL and yaml";
    console.log(missing);
    skip(missing);
    return;
  }
  const args = ["-m", "unittest", "discover", "-s", "tests", "-t", "."];
  const env = { ...process.env, OMP_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" };
  const { stderr } = await run(python, args, { cwd: folder, env }).catch((error: { stderr: string }) => {
    throw new Error(error.stderr);
  });
  const [, count = "0"] = /^Ran (\d+) tests/m.exec(stderr) ?? [];
  expect(stderr).toMatch(/^OK$/m);
  expect(Number(count)).toBeGreaterThanOrEqual(20);
});
