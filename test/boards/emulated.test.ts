import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const minutes = 60_000;

/** @returns what the program prints */
async function run(program: string, args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args)).stdout;
}

const node = (script: string, ...args: string[]) =>
  run(process.execPath, [join(root, "scripts", script), ...args]);

describe("in the board's own Node, emulated", () => {
  it.each([
    ["linux-arm", "arm", "armv6"],
    ["linux-arm64", "arm64", "neon"],
  ])(
    "the kernels for %s load and give what the reference gives",
    async (target, arch, variant) => {
      await node("prebuild.mjs", target);
      const [program, ...args] = JSON.parse(await node("board-node.mjs", target)) as [string, ...string[]];
      const addon = join(root, "dist/native", target, "xnorcam.node");
      const agreement = join(root, "test/native/agreement.mjs");
      const said = await run(program, [...args, agreement, addon, "168", "60", "60"]);
      const { arch: itsArch, variants, runs, thresholds } = JSON.parse(said) as Record<string, unknown>;
      expect(itsArch).toBe(arch);
      expect(variants).toEqual([variant, "portable"]);
      expect(runs).toBe(2 * (168 + 60) * 4);
      expect(thresholds).toBeGreaterThan(2 * 20);
    },
    15 * minutes,
  );
});
