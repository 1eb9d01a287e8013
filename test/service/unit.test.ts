import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";

const unit = fileURLToPath(new URL("../../systemd/xnorcam.service", import.meta.url));

/** systemd's own checkers; where they are missing that is said, and in CI it is an error. */
function hasSystemdAnalyze(): boolean {
  if (spawnSync("systemd-analyze", ["--version"]).status === 0) return true;
  const line = "THE SYSTEMD UNIT IS NOT CHECKED HERE: there is no systemd-analyze";
  if (process.env.CI) throw new Error(line);
  console.error(line);
  return false;
}

test.skipIf(!hasSystemdAnalyze())("systemd rates the exposure of the service at 2.5 of 10 or less", () => {
  const report = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], {
    encoding: "utf8",
  });
  const exposure = Number(/Overall exposure level for xnorcam\.service: ([\d.]+)/.exec(report)?.[1]);
  expect(exposure).toBeLessThanOrEqual(2.5);
});

test.skipIf(!hasSystemdAnalyze())(
  "systemd finds nothing wrong with the unit but that it is not installed",
  () => {
    const { stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
    const complaints = stderr.split("\n").filter((line) => line.startsWith("xnorcam.service"));
    expect(complaints.filter((line) => !line.includes("is not executable"))).toEqual([]);
  },
);

test("it starts the program with little memory, and switches the outputs off however it ended", () => {
  const lines = readFileSync(unit, "utf8").split("\n");
  expect(lines).toContain("Type=notify");
  expect(lines).toContain("EnvironmentFile=/opt/xnorcam/systemd/memory.env");
  const memory = parseEnv(readFileSync(join(dirname(unit), "memory.env"), "utf8"));
  expect(memory.MALLOC_ARENA_MAX).toBe("1");
  expect(memory.NODE_OPTIONS).toBe("--max-semi-space-size=1");
  expect(lines.find((line) => line.startsWith("ExecStopPost="))).toContain(
    "scripts/outputs-off.sh < %t/xnorcam/outputs",
  );
});
