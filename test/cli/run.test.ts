import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { xnorcam } from "./xnorcam.ts";

const pictures = "test/fixtures/pictures";

let dataDir: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "xnorcam-run-"));
});

afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(dataDir, { recursive: true });
});

/** Starts what `npm start` starts. @returns the address it prints, and what it logs from then on. */
async function npmStart(args: string[]): Promise<{ url: string; process: ChildProcess; log: string[] }> {
  const { PORT, XNORCAM_CONFIG, XNORCAM_DATA_DIR, ...env } = process.env;
  const started = spawn(process.execPath, ["scripts/start.mjs", ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child = started;
  const log: string[] = [];
  createInterface(started.stderr).on("line", (line) => log.push(line));
  for await (const line of createInterface(started.stdout)) {
    const [url] = /http:\/\/\S+/.exec(line) ?? [];
    if (url !== undefined) return { url, process: started, log };
  }
  throw new Error(`npm start printed no address: ${log.join("\n")}`);
}

/** Waits until the first frame has gone through the detector. */
async function expectHealthy(url: string): Promise<void> {
  await expect.poll(async () => (await fetch(`${url}/healthz`)).status, { timeout: 10_000 }).toBe(200);
}

describe("npm start", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "prints the address, answers there, and ends cleanly with exit code 0 on %s",
    async (signal) => {
      const { url, process, log } = await npmStart([
        "--replay",
        pictures,
        "--port",
        "0",
        "--data-dir",
        dataDir,
      ]);
      expect(url).toMatch(/^http:\/\/localhost:\d+$/);
      await expectHealthy(url);
      process.kill(signal);
      const [code] = await once(process, "exit");
      expect(code).toBe(0);
      for (const line of log) expect(JSON.parse(line)).toHaveProperty("msg");
      await expect(fetch(url)).rejects.toThrow();
    },
  );

  test("ends cleanly on SIGTERM while its start hangs", async () => {
    const replay = join(dataDir, "pipe.mp4");
    execFileSync("mkfifo", [replay]);
    const started = spawn(
      process.execPath,
      ["scripts/start.mjs", "--replay", replay, "--port", "0", "--data-dir", dataDir],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    child = started;
    for await (const line of createInterface(started.stderr)) {
      if (line.includes("output GPIO 17")) break;
    }
    started.kill("SIGTERM");
    expect(await once(started, "exit")).toEqual([0, null]);
  });

  test("plays the bundled demo when it is told nothing else", async () => {
    const { url } = await npmStart(["--port", "0", "--data-dir", dataDir]);
    await expectHealthy(url);
  });

  test("passes the exit code of wrong use on", async () => {
    const start = spawn(process.execPath, ["scripts/start.mjs", "--fps", "100"], { stdio: "ignore" });
    expect(await once(start, "exit")).toEqual([2, null]);
  });
});

describe("run that cannot start says why in one line, with exit code 1", () => {
  test("a port in use", async () => {
    const server = createServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stdout, stderr } = await xnorcam(["run", "--port", `${port}`, "--data-dir", dataDir]);
    server.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^xnorcam: .*${port}.* \\(XC_PORT_IN_USE\\)$`, "m"));
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test("nothing to replay", async () => {
    const { code, stderr } = await xnorcam([
      "run",
      "--port",
      "0",
      "--replay",
      dataDir,
      "--data-dir",
      dataDir,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^xnorcam: .*xnorcam-run-.* \(XC_NO_PICTURES\)$/m);
  });

  test("a data folder that cannot be made", async () => {
    const { code, stderr } = await xnorcam(["run", "--port", "0", "--data-dir", "package.json/data"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^xnorcam: .*package\.json.* \(XC_DATA_DIR\)$/m);
  });
});
