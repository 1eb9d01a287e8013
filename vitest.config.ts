import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * `vitest run` is the normal run. Four kinds of tests need the machine to themselves, one at a time: `--mode timing`
 * measures how fast the running camera is, `--mode soak` what it endures (half an hour), `--mode accuracy` how good a
 * network is on the data set, which is not part of this repository, and `--mode boards` runs the native kernels of
 * other boards in emulators.
 */
const alone = ["accuracy", "boards", "soak", "timing"];
/** They set their own, shorter ones. */
const longestMs = 30 * 60_000;

export default defineConfig(({ mode }) => {
  const isAlone = alone.includes(mode);
  return {
    test: {
      include: [isAlone ? `test/${mode}/**/*.test.ts` : "test/**/*.test.ts"],
      exclude: isAlone ? [] : alone.map((folder) => `test/${folder}/**`),
      globalSetup: "test/global-setup.mjs",
      // Workers are processes: several tests start threads, servers and browsers of their own.
      pool: "forks",
      maxWorkers: isAlone ? 1 : Math.min(4, availableParallelism()),
      minWorkers: 1,
      // CI's machine does other things at the same time; what it had to try again, it prints.
      ...(process.env.CI && !isAlone ? { retry: 1 } : {}),
      testTimeout: mode === "accuracy" || mode === "soak" ? longestMs : 30_000,
      hookTimeout: mode === "accuracy" ? longestMs : 60_000,
    },
  };
});
