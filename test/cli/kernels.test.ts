import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/health/check.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { fixture } from "../helpers/paths.ts";
import { until } from "../helpers/until.ts";
import { xnorcam } from "./xnorcam.ts";

const picture = fixture("pictures/parity-16.png");
const root = fileURLToPath(new URL("../../", import.meta.url));

describe("XNORCAM_KERNELS and bench --kernels", () => {
  it.each([...loadAddon().variants(), "wasm", "wasm-plain"])(
    "%s compute when they are asked for, several layers in a pass",
    async (kernels) => {
      const { code, stdout } = await xnorcam(["bench", "--json", "--kernels", kernels]);
      expect(code).toBe(0);
      const report = JSON.parse(stdout) as { kernels: string; layers: { op: string }[] };
      expect(report.kernels).toBe(kernels);
      expect(report.layers.map(({ op }) => op)).toContain("binary_conv affine add prelu sign");
    },
  );

  it("find the same, whichever are asked for", async () => {
    const boxes = async (kernels: string) => {
      const { stdout } = await xnorcam(["detect", "--json", picture], { XNORCAM_KERNELS: kernels });
      return (JSON.parse(stdout) as { detections: unknown[] }).detections;
    };
    const wanted = await boxes("reference");
    expect(wanted.length).toBeGreaterThan(0);
    for (const variant of [...loadAddon().variants(), "wasm"]) expect(await boxes(variant)).toEqual(wanted);
  });

  it.each([
    ["detect", [picture]],
    ["bench", ["--kernels", "mmx"]],
    ["run", ["--port", "0"]],
  ])("%s refuses kernels that are not there in one line", async (command, args) => {
    const { code, stderr } = await xnorcam([command, ...args], { XNORCAM_KERNELS: "mmx" });
    expect(code).toBe(1);
    const lines = stderr.split("\n").filter((line) => line.includes("XC_KERNELS_UNAVAILABLE"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/"mmx" .*available are reference, .*XNORCAM_KERNELS/);
  });
});

describe("the program without its native kernels", () => {
  let folder: string;
  const addonFolder = join(root, "dist/native", `${process.platform}-${process.arch}`);
  const program = () => join(folder, "dist/cli/index.js");

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    cpSync(join(root, "dist"), join(folder, "dist"), {
      recursive: true,
      filter: (path) => !path.startsWith(addonFolder),
    });
    for (const name of ["node_modules", "package.json", "models", "web", "test"]) {
      symlinkSync(join(root, name), join(folder, name));
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const warning =
    /the native kernels of \S+ are not built .*WebAssembly computes, 3 to 6 times slower; fix: install a C compiler/;

  it("works all the same, and says once how much slower it is and what to do", async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program(), "detect", picture]);
    expect(stdout).toMatch(/parity-16\.png: (car|truck) 0\./);
    expect(stderr).toMatch(warning);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("is found by doctor, with the fix", async () => {
    const args = [program(), "doctor", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, PORT: "0", XNORCAM_DATA_DIR: folder },
    });
    const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
    expect(checks.find(({ name }) => name === "kernels")).toMatchObject({
      status: "warning",
      fix: "Install a C compiler (sudo apt install gcc), then npm run build",
    });
  });

  it("watches all the same, and its log says so once", async () => {
    const args = ["run", "--port", "0", "--data-dir", join(folder, "data")];
    const child = spawn(process.execPath, [program(), ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    let logged = "";
    child.stdout.on("data", (data: Buffer) => {
      printed += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      logged += data.toString();
    });
    await until("it is watching", () => printed.includes("Open http"), 25_000);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    const lines = logged.split("\n").filter((line) => warning.test(line));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40 });
  });
});
