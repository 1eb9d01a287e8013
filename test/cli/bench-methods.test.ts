import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { methodsTable } from "../../src/cli/bench/methods-report.ts";
import { methodNames } from "../../src/method-files.ts";
import { referenceBackend } from "../../src/nn/kernel-backend.ts";
import { methodModel, writeMethodModels } from "../helpers/method-models.ts";
import { fixture } from "../helpers/paths.ts";
import { xnorcam } from "./xnorcam.ts";

interface Timing {
  ms: number;
  runs: number;
  speedup: number | null;
}

interface Report {
  kernels: Record<"native" | "wasm" | "reference", string | null>;
  methods: {
    method: string;
    bytes: number;
    realMacs: number;
    binaryMacs: number;
    native: Timing | null;
    wasm: Timing | null;
    reference: Timing | null;
  }[];
  absent: string[];
  failed: { file: string; message: string }[];
}

const emptyFolder = () => mkdtempSync(join(tmpdir(), "xnorcam-"));

function folderOf(...names: Parameters<typeof writeMethodModels>[1]): string {
  const folder = emptyFolder();
  writeMethodModels(folder, names);
  return folder;
}

async function measured(args: readonly string[]) {
  const { code, stdout, stderr } = await xnorcam(["bench", "--json", "--methods", ...args]);
  return { code, stderr, report: JSON.parse(stdout) as Report };
}

describe("xnorcam bench --methods", () => {
  it("measures the model of each method on all kernels, and says how many times as fast as float it is", async () => {
    const { code, report } = await measured([folderOf(...methodNames)]);
    expect(code).toBe(0);
    expect(report.methods.map(({ method }) => method)).toEqual(methodNames);
    expect(report.kernels).toMatchObject({ wasm: "wasm", reference: "reference" });
    for (const kind of ["native", "wasm", "reference"] as const) {
      const timings = report.methods.map((method) => method[kind]!);
      for (const { ms, runs, speedup } of timings) {
        expect(runs).toBeGreaterThanOrEqual(3);
        expect(speedup).toBeCloseTo(timings[0]!.ms / ms, 6);
      }
    }
    const [float, , , , bnn, , , dorefa] = report.methods;
    expect(float).toMatchObject({ realMacs: 64 * 34 * (9 * 3 + 9 * 34 + 6), binaryMacs: 0 });
    expect(bnn).toMatchObject({ realMacs: 64 * 34 * (9 * 3 + 6), binaryMacs: 64 * 34 * 9 * 34 });
    expect(dorefa!.binaryMacs).toBe(2 * bnn!.binaryMacs);
    expect(float!.bytes).toBeGreaterThan(bnn!.bytes);
    expect(report).toMatchObject({ absent: [], failed: [] });
  });

  it("takes the method's name from the file's metadata, where it is stated", async () => {
    const folder = folderOf("float");
    writeFileSync(join(folder, "run-7.safetensors"), methodModel("bnn", { isStated: true }));
    const { report } = await measured([folder, "--kernels=wasm"]);
    expect(report.methods.map(({ method }) => method)).toEqual(["float", "bnn"]);
  });

  it("prints a table", async () => {
    const { code, stdout } = await xnorcam([
      "bench",
      "--methods",
      folderOf("bnn", "float"),
      "--kernels=wasm",
    ]);
    expect(code).toBe(0);
    const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/).join(" "));
    expect(lines[0]).toBe("method input KB real M binary M WebAssembly ms × float");
    expect(lines[1]).toMatch(/^float 32×32 \d+ 0\.7 0\.0 \d+\.\d+ 1\.00$/);
    expect(lines[2]).toMatch(/^bnn 32×32 \d+ 0\.1 0\.7 \d+\.\d+ \d+\.\d\d$/);
  });

  it("measures a network from Darknet beside them, on all kernels", async () => {
    const folder = folderOf("bnn");
    const out = join(folder, "imported.safetensors");
    const darknet = ["cfg", "weights"].map((kind) => `--${kind}=${fixture(`darknet/xnor.${kind}`)}`);
    await xnorcam(["model", "import", ...darknet, `--names=${fixture("darknet/two.names")}`, `--out=${out}`]);
    const { code, report } = await measured([folder]);
    expect(code).toBe(0);
    expect(report.methods.map(({ method }) => method)).toEqual(["bnn", "imported"]);
    expect(report).toMatchObject({ absent: [], failed: [] });
    for (const { native, wasm, reference } of report.methods) {
      for (const timing of [native, wasm, reference]) expect(timing!.ms).toBeGreaterThan(0);
      // There is no float to compare with.
      expect(native).toMatchObject({ speedup: null });
    }
  });

  it("marks as absent what cannot be measured, never as zero", () => {
    const timing = { ms: 2, runs: 30, speedup: 1 };
    const row = {
      ...{ method: "float", file: "float.safetensors", bytes: 3000, inputWidth: 32, inputHeight: 32 },
      ...{ realMacs: 0, binaryMacs: 0, native: null, wasm: null, reference: timing },
    };
    const absent = ["native is absent: out of memory"];
    const kernels = { native: null, wasm: null, reference: "reference" };
    const table = methodsTable({ folder: "models", kernels, methods: [row], absent, failed: [] }, [
      { kind: "native", backend: "out of memory" },
      { kind: "reference", backend: referenceBackend() },
    ]);
    expect(table).toMatch(/\nfloat .*\babsent +2\.000 +1\.00\n/);
    expect(table).toMatch(/\nnative is absent: out of memory$/);
  });

  it("names a broken file, measures the others, and fails", async () => {
    const folder = folderOf("float", "bnn");
    truncateSync(join(folder, "float.safetensors"), 3000);
    writeFileSync(join(folder, "notes.txt"), "no model");
    const { code, stderr, report } = await measured([folder, "--kernels=wasm"]);
    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(
      /^xnorcam: .*float\.safetensors: .*cut off.*; copy it there again, or take it away/,
    );
    expect(stderr.trim()).not.toContain("\n");
    expect(report.methods.map(({ method }) => method)).toEqual(["bnn"]);
    expect(report.failed).toMatchObject([{ file: join(folder, "float.safetensors") }]);
  });

  it.each([
    [
      "a folder that is not there",
      1,
      ["/nowhere"],
      /cannot read the folder \/nowhere.*name a folder of model files/,
    ],
    ["a folder without models", 1, [emptyFolder()], /holds no model \(\*\.safetensors\); name a folder/],
    ["a model, too", 2, ["--model", "x.safetensors"], /--methods measures a folder, --model a file/],
    ["unknown kernels", 1, ["--kernels=mmx", folderOf("bnn")], /"mmx" .*available are reference/],
  ])("fails in one line on %s", async (_, exitCode, args, message) => {
    const { code, stderr } = await xnorcam(["bench", "--methods", ...args]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr.trim()).not.toContain("\n");
  });

  it("without --methods takes no folder", async () => {
    const { code, stderr } = await xnorcam(["bench", tmpdir()]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is one word too many/);
  });
});
