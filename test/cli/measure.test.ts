import { copyFileSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { farScene } from "../helpers/far-scene.ts";
import { labeledFolder } from "../helpers/labeled-folder.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";
import { xnorcam } from "./xnorcam.ts";

function dataSet(): string {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  const sizes = { "parity-01.png": [224, 160], "parity-04.png": [301, 57], "parity-08.png": [225, 161] };
  const images = Object.entries(sizes).map(([file_name, [width = 0, height = 0]], id) => {
    copyFileSync(fixture(`pictures/${file_name}`), join(folder, file_name));
    return { id, file_name, width, height, exhaustive_category_ids: [1, 2] };
  });
  copyFileSync(fixture("pictures/parity-02.png"), join(folder, "resized.png"));
  images.push({ id: 8, file_name: "resized.png", width: 640, height: 360, exhaustive_category_ids: [1, 2] });
  writeFileSync(join(folder, "broken.png"), "no picture");
  images.push({ id: 9, file_name: "broken.png", width: 10, height: 10, exhaustive_category_ids: [1, 2] });
  const annotations = [
    { id: 1, image_id: 0, category_id: 1, bbox: [10, 10, 40, 40] },
    { id: 2, image_id: 1, category_id: 2, bbox: [10, 10, 0, 40] },
  ];
  const categories = [
    { id: 1, name: "handgun" },
    { id: 2, name: "car" },
  ];
  writeFileSync(join(folder, "annotations.json"), JSON.stringify({ images, annotations, categories }));
  return folder;
}

describe("xnorcam eval", () => {
  it("scores the classes that data set and model share, and names what it passed over", async () => {
    const folder = dataSet();
    const { code, stdout, stderr } = await xnorcam(["eval", "--data", folder, "--json"]);
    expect(code, stderr).toBe(0);
    const scores = JSON.parse(stdout) as { images: number; classes: Record<string, object> };
    expect(scores.images).toBe(3);
    expect(Object.keys(scores.classes)).toEqual(["handgun", "car", "weapon"]);
    expect(scores.classes.handgun).toMatchObject({ gt: 1 });
    expect(scores.classes.car).toMatchObject({ gt: 0, ap50: 0 });
    expect(stderr).toMatch(/annotation 2 is passed over: bbox .* has no area/);
    expect(stderr).toMatch(/broken\.png/);
    expect(stderr).toMatch(/resized\.png is passed over: it has 320×180 pixels, .* says 640×360/);
    expect(stderr).toMatch(/3 entries of .* were passed over/);
  });

  it("looks at a part of the pictures, spread over the set", async () => {
    const { stdout } = await xnorcam(["eval", "--data", dataSet(), "--limit", "2", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ images: 2 });
  });

  it("looks closer where it is asked to", async () => {
    const pictures = mkdtempSync(join(tmpdir(), "xnorcam-"));
    const scenes = await Promise.all(["003", "012", "020"].map((number) => farScene(number, pictures)));
    // In full for nothing: no false alarm counts.
    const folder = await labeledFolder(scenes.map((scene) => ({ ...scene, exhaustive: [] })));
    const recall = async (...options: string[]) => {
      const { code, stdout, stderr } = await xnorcam(["eval", "--data", folder, "--json", ...options]);
      expect(code, stderr).toBe(0);
      const { classes } = JSON.parse(stdout) as { classes: { weapon: { recallAtFp: number } } };
      return classes.weapon.recallAtFp;
    };
    expect(await recall("--zoom", "3")).toBeGreaterThan((await recall()) + 0.3);
  });

  it("fails when none of the pictures can be used", async () => {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    writeFileSync(join(folder, "broken.png"), "no picture");
    const images = [{ id: 1, file_name: "broken.png", width: 10, height: 10 }];
    const categories = [{ id: 1, name: "knife" }];
    writeFileSync(join(folder, "annotations.json"), JSON.stringify({ images, annotations: [], categories }));
    const { code, stderr } = await xnorcam(["eval", "--data", folder]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/none of the pictures in .* can be used/);
  });

  it.each([
    ["without --data", [], 2, /--data DIR is missing/],
    [
      "with closer looks from a cache",
      ["--data", tmpdir(), "--events", "--zoom", "1", "--cache", tmpdir()],
      2,
      /--cache and --zoom exclude each other/,
    ],
    ["on a folder without labels", ["--data", tmpdir()], 1, /cannot read .*annotations\.json/],
  ])("%s fails in one line", async (_, args, exitCode, message) => {
    const { code, stderr } = await xnorcam(["eval", ...args]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("xnorcam bench", () => {
  it("takes a bundled network by its name", async () => {
    const { code, stdout } = await xnorcam(["bench", "--json", "--model", "xnor-yolo-plus"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: "xnor-yolo-plus" });
  });

  it("gives time, work and memory of each layer, and the sums", async () => {
    const { code, stdout } = await xnorcam(["bench", "--json"]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      ms: number;
      binaryMacs: number;
      realMacs: number;
      layers: { ms: number; binaryMacs: number; realMacs: number }[];
    };
    // By hand, from the shape of the network.
    expect(report.binaryMacs).toBe(379_330_560);
    expect(report.realMacs).toBe(16_476_544);
    const sum = report.layers.reduce((total, layer) => total + layer.ms, 0);
    expect(sum).toBeGreaterThan(report.ms / 3);
    expect(sum).toBeLessThan(report.ms * 3);
  });
});

describe("xnorcam model info", () => {
  it("says what is in a model", async () => {
    const { code, stdout } = await xnorcam(["model", "info", bundledModel]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/xnor-yolo-zero/);
    expect(stdout).toMatch(/224×224/);
    expect(stdout).toMatch(/handgun .*weapon/);
  });

  it.each([
    ["a model that is cut off", 1, ["info", cutOff()], /cut off/],
    ["a file of gigabytes", 1, ["info", oversized()], /is \d+ bytes long, the limit is/],
    ["a file that is not there", 1, ["info", "/nowhere.safetensors"], /cannot read the model \/nowhere/],
    ["another word", 2, ["inform", bundledModel], /"info", not "inform"/],
    ["no file", 2, ["info"], /info FILE is missing/],
  ])("fails in one line on %s", async (_, exitCode, args, message) => {
    const { code, stderr } = await xnorcam(["model", ...args]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("xnorcam model export", () => {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  const exported = (...args: string[]) => xnorcam(["model", "export", ...args]);

  it("writes the network as ONNX, and its float twin, which is larger than the bits", async () => {
    const [out, twin] = [join(folder, "zero.onnx"), join(folder, "twin.onnx")];
    const { code, stdout } = await exported(bundledModel, `--onnx=${out}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/input \[1, 3, 224, 224\] bytes Y, U, V; outputs head8, head16, head32/);
    expect((await exported(bundledModel, `--onnx=${twin}`, "--float-twin")).code).toBe(0);
    expect(statSync(twin).size).toBeGreaterThan(8 * statSync(bundledModel).size);
    expect(readFileSync(out)).not.toEqual(readFileSync(twin));
  });

  it.each([
    ["no file", 2, ["--onnx=x.onnx"], /export FILE is missing/],
    ["nowhere to write to", 2, [bundledModel], /--onnx FILE is missing/],
    ["a folder to write to", 1, [bundledModel, `--onnx=${folder}`], /cannot write .*check --onnx/],
  ])("fails in one line on %s", async (_, exitCode, args, message) => {
    const { code, stderr } = await exported(...args);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr.trim()).not.toContain("\n");
  });
});

describe("xnorcam model import", () => {
  const files = (changed: Record<string, string> = {}) =>
    Object.entries({
      cfg: fixture("darknet/xnor.cfg"),
      weights: fixture("darknet/xnor.weights"),
      names: fixture("darknet/two.names"),
      ...changed,
    }).map(([option, path]) => `--${option}=${path}`);

  it("writes a model of Darknet's that finds boxes, without a word of warning", async () => {
    const out = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "imported.safetensors");
    const { code, stdout } = await xnorcam(["model", "import", ...files({ out }), "--weapons=knife"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^xnor: .*imported\.safetensors/);
    expect(stdout).toMatch(/knife .*weapon/);
    const seen = await xnorcam(["detect", "--json", "--model", out, fixture("pictures/parity-03.png")]);
    expect(seen.code).toBe(0);
    expect(seen.stderr).toBe("");
    const { detections } = JSON.parse(seen.stdout) as { detections: { label: string }[] };
    expect(new Set(detections.map(({ label }) => label))).toEqual(new Set(["person", "knife"]));
  });

  it.each([
    ["no names", 2, ["--cfg=a", "--weights=b"], /--names FILE is missing/],
    ["a word too many", 2, ["x.cfg", ...files()], /"x.cfg" is one word too many/],
    [
      "a file that is not there",
      1,
      files({ cfg: "/nowhere.cfg" }),
      /cannot read \/nowhere.cfg.*XC_DARKNET_UNREADABLE/,
    ],
    ["other names", 1, files({ names: fixture("darknet/three.names") }), /has 3 names.*XC_DARKNET_INVALID/],
    ["a folder to write to", 1, files({ out: tmpdir() }), /cannot write .*check --out.*XC_OUTPUT_UNWRITABLE/],
  ])("fails in one line on %s", async (_, exitCode, args, message) => {
    const { code, stderr } = await xnorcam(["model", "import", ...args]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr.trim()).not.toContain("\n");
  });
});

function cutOff(): string {
  const path = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "cut.safetensors");
  copyFileSync(bundledModel, path);
  truncateSync(path, 100_000);
  return path;
}

/** Sparse: it takes no room on the disk. */
function oversized(): string {
  const path = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "huge.safetensors");
  writeFileSync(path, "");
  truncateSync(path, 5 * 2 ** 30);
  return path;
}
