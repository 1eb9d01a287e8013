import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * `vitest run` is the normal run; `vitest run --mode accuracy` measures networks on the data set, which takes
 * minutes, uses every core by itself, and needs pictures that are not part of this repository.
 */
export default defineConfig(({ mode }) => {
  const accuracy = mode === "accuracy";
  return {
    test: {
      include: [accuracy ? "test/accuracy/**/*.test.ts" : "test/**/*.test.ts"],
      exclude: accuracy ? [] : ["test/accuracy/**"],
      globalSetup: "test/global-setup.mjs",
      // Workers are processes: several tests start threads, servers and browsers of their own.
      pool: "forks",
      maxWorkers: accuracy ? 1 : Math.min(4, availableParallelism()),
      minWorkers: 1,
      testTimeout: accuracy ? 30 * 60_000 : 30_000,
      hookTimeout: accuracy ? 30 * 60_000 : 60_000,
    },
  };
});
