import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { addonFile, loadAddon } from "../../src/nn/kernels/native.ts";

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const prebuild = fileURLToPath(new URL("../../scripts/prebuild.mjs", import.meta.url));
const sanitizedFile = addonFile.replace(/xnorcam\.node$/, "").replace(/\/$/, "-sanitized/xnorcam.node");
const minutes = 60_000;

/** Runs a script of this folder on an addon, in a process of its own. @returns what it says, in one line of JSON */
async function run(name: string, args: (string | number)[], env: Record<string, string> = {}) {
  const options = { env: { ...process.env, ...env } };
  const words = ["--expose-gc", script(name), ...args.map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, words, options);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("the native kernels", () => {
  it(
    "give what the reference gives, every variant, to the last bit",
    async () => {
      const { variants, runs, thresholds } = await run("agreement.mjs", [addonFile, 1680, 250, 400]);
      expect(variants).toEqual(loadAddon().variants());
      expect(variants).toContain("portable");
      expect(runs).toBe((variants as string[]).length * (1680 + 250) * 4);
      expect(thresholds).toBeGreaterThan((variants as string[]).length * 100);
    },
    10 * minutes,
  );

  it(
    "answer wrong arguments and broken programs with a TypeError or RangeError",
    async () => {
      const { calls, accepted, refused } = await run("fuzz.mjs", [addonFile, 100_000]);
      expect(calls).toBe(100_000);
      expect(refused).toBeGreaterThan(50_000);
      // Some damage does no harm: a network with other numbers.
      expect(accepted).toBeGreaterThan(1000);
    },
    10 * minutes,
  );

  it(
    "in WebAssembly give what the reference gives, with vectors and without, to the last bit",
    async () => {
      const { variants, runs, thresholds } = await run("agreement.mjs", ["wasm", 672, 250, 400]);
      expect(variants).toEqual(["wasm", "wasm-plain"]);
      expect(runs).toBe(2 * (672 + 250) * 4);
      expect(thresholds).toBeGreaterThan(2 * 100);
    },
    10 * minutes,
  );

  it(
    "in WebAssembly answer wrong arguments and broken programs with a TypeError or RangeError",
    async () => {
      expect(await run("fuzz.mjs", ["wasm", 20_000])).toMatchObject({ calls: 20_000 });
    },
    10 * minutes,
  );

  describe("under AddressSanitizer and UBSan", () => {
    const sanitizers = async (): Promise<Record<string, string>> => {
      const { stdout } = await promisify(execFile)("cc", ["-print-file-name=libasan.so"]);
      // What Node itself leaves allocated at its end is not ours.
      return { LD_PRELOAD: stdout.trim(), ASAN_OPTIONS: "detect_leaks=0" };
    };

    it(
      "read and write nothing out of bounds and do nothing undefined",
      async () => {
        await promisify(execFile)(process.execPath, [prebuild, "--sanitized"]);
        const env = await sanitizers();
        const { runs } = await run("agreement.mjs", [sanitizedFile, 240, 60, 100], env);
        expect(runs).toBeGreaterThanOrEqual((240 + 60) * 4);
        expect(await run("fuzz.mjs", [sanitizedFile, 20_000], env)).toMatchObject({ calls: 20_000 });
      },
      10 * minutes,
    );
  });
});
