import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunningProgram } from "../helpers/running-program.ts";
import { fetchAs } from "../helpers/sign-in.ts";
import { xnorcam } from "./xnorcam.ts";

// What the program loads only when it is needed is a file of its own in the bundle, and is not read at the start.
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-bundle-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("the bundled program counts for Prometheus", async () => {
  const program = await RunningProgram.start(["--port", "0", "--data-dir", folder]);
  try {
    const response = await fetchAs(program, "/metrics");
    expect(await response.text()).toMatch(/^xnorcam_/m);
  } finally {
    await program.stop();
  }
});

test("the bundled program connects to a broker", async () => {
  const config = join(folder, "xnorcam.toml");
  await writeFile(config, '[mqtt]\nurl = "mqtt://127.0.0.1:1"\n');
  const { stdout } = await xnorcam(["doctor", "--json", "--config", config], {
    XNORCAM_DATA_DIR: folder,
    PORT: "0",
  });
  expect(stdout).toMatch(/"name":"broker"[^}]*ECONNREFUSED/);
});
