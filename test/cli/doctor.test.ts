import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CheckResult } from "../../src/health/check.ts";
import { StandinCamera } from "../helpers/standin-camera.ts";
import { xnorcam } from "./xnorcam.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-doctor-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Report {
  code: number;
  ok: boolean;
  checks: CheckResult[];
}

async function examine(env: Record<string, string>, args: string[] = []): Promise<Report> {
  const { code, stdout } = await xnorcam(["doctor", "--json", ...args], env);
  return { code, ...JSON.parse(stdout) };
}

function checkOf({ checks }: Report, name: string): CheckResult {
  const check = checks.find((candidate) => candidate.name === name);
  if (check === undefined) throw new Error(`no check named ${name}`);
  return check;
}

test("a machine that is fine gets exit code 0, each check a status, each that is not ok a fix", async () => {
  const report = await examine({ PORT: "0", XNORCAM_DATA_DIR: join(folder, "data") });
  expect(report.checks.filter(({ status }) => status === "failed")).toEqual([]);
  expect(report).toMatchObject({ code: 0, ok: true });
  const names = [
    "node",
    "memory",
    "kernels",
    "temperature",
    "power",
    "clock",
    "card",
    "network",
    "groups",
    "camera",
    "ffmpeg",
    "gpio",
    "settings",
    "model",
    "data folder",
    "space",
    "port",
  ];
  expect(report.checks.map(({ name }) => name)).toEqual(names);
  for (const { status, fix } of report.checks) expect(fix === undefined).toBe(status === "ok");
});

test("without a camera program or ffmpeg there are warnings, which are no failure", async () => {
  const report = await examine({ PORT: "0", XNORCAM_DATA_DIR: folder, PATH: "" });
  expect(report.code).toBe(0);
  expect(checkOf(report, "camera").status).toBe("warning");
  expect(checkOf(report, "ffmpeg").status).toBe("warning");
});

test("a port in use, a data folder that cannot be made and a missing model fail, with exit code 1", async () => {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const file = join(folder, "c.toml");
  writeFileSync(
    file,
    `dataDir = "c.toml/data"\n[server]\nport = ${port}\n[model]\nfile = "missing.safetensors"\n`,
  );
  const report = await examine({}, ["--config", file]);
  server.close();

  expect(report).toMatchObject({ code: 1, ok: false });
  expect(checkOf(report, "port")).toMatchObject({ status: "failed", message: `${port} is in use` });
  expect(checkOf(report, "data folder").status).toBe("failed");
  expect(checkOf(report, "model")).toMatchObject({
    status: "failed",
    message: expect.stringContaining(join(folder, "missing.safetensors")),
    fix: "Set model.file to a model of this version, or leave it out",
  });
});

test("the network is the bundled one that the settings name", async () => {
  const file = join(folder, "network.toml");
  writeFileSync(file, '[server]\nport = 0\n[model]\nnetwork = "xnor-yolo-plus"\n');
  const report = await examine({ XNORCAM_DATA_DIR: folder }, ["--config", file]);
  expect(checkOf(report, "model")).toMatchObject({
    status: "ok",
    message: expect.stringMatching(/models\/xnor-yolo-plus\.safetensors, 10 classes$/),
  });
});

test("an alarm class that the model does not know fails", async () => {
  const file = join(folder, "classes.json");
  writeFileSync(file, '{"server": {"port": 0}, "alarm": {"classes": ["rifle", "sword"]}}');
  const report = await examine({ XNORCAM_DATA_DIR: folder }, ["--config", file]);
  expect(checkOf(report, "model")).toMatchObject({ status: "failed" });
  expect(checkOf(report, "model").message).toContain("does not know sword,");
});

test("settings that cannot be read fail, and the machine is checked all the same", async () => {
  const report = await examine({ XNORCAM_CONFIG: join(folder, "none.toml") });
  expect(report.code).toBe(1);
  expect(checkOf(report, "node").status).toBe("ok");
  expect(checkOf(report, "settings")).toMatchObject({
    status: "failed",
    message: `${join(folder, "none.toml")}: there is no such config file`,
  });
});

test("--fix makes the data folder, and nothing that is well is touched", async () => {
  const dataDir = join(folder, "made", "data");
  const report = await examine({ PORT: "0", XNORCAM_DATA_DIR: dataDir }, ["--fix"]);
  expect(checkOf(report, "data folder")).toEqual({
    name: "data folder",
    status: "ok",
    message: `${dataDir} (fixed)`,
  });
  expect(existsSync(dataDir)).toBe(true);
  const again = await examine({ PORT: "0", XNORCAM_DATA_DIR: dataDir }, ["--fix"]);
  expect(checkOf(again, "data folder").message).toBe(dataDir);
});

describe("with a camera on the ribbon connector", () => {
  let camera: StandinCamera;

  beforeEach(() => {
    camera = new StandinCamera();
  });
  afterEach(() => {
    camera.remove();
  });

  async function examineCamera(source: string): Promise<CheckResult> {
    const file = join(folder, "camera.toml");
    writeFileSync(file, `[server]\nport = 0\n[camera]\nsource = "${source}"\n`);
    const env = { XNORCAM_DATA_DIR: folder, PATH: `${camera.folder}:${process.env.PATH}` };
    return checkOf(await examine(env, ["--config", file]), "camera");
  }

  test("its sensor is named", async () => {
    expect((await examineCamera("auto")).message).toBe(`imx219 by ${camera.program}`);
  });

  test("one that is missing fails where the settings ask for it, with the fix", async () => {
    camera.break("no-cameras");
    expect(await examineCamera("auto")).toMatchObject({ status: "warning" });
    const check = await examineCamera("rpicam");
    expect(check).toMatchObject({ status: "failed" });
    expect(check.message).toContain("check the ribbon cable at both ends");
  });
});

test("without --json there is a line for each check, and a fix below what is not ok", async () => {
  const { stdout } = await xnorcam(["doctor"], { PORT: "0", XNORCAM_DATA_DIR: folder, PATH: "" });
  expect(stdout).toMatch(/^ok {6}node: Node v\d+/m);
  expect(stdout).toMatch(/^warning ffmpeg: no ffmpeg on PATH.*\n {8}→ sudo apt install ffmpeg$/m);
});
