import { copyFileSync, mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundledModel, fixture } from "../helpers/paths.ts";
import { xnorcam } from "./xnorcam.ts";

function dataSet(): string {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  const images = ["parity-01.png", "parity-04.png", "parity-08.png"].map((file_name, id) => {
    copyFileSync(fixture(`pictures/${file_name}`), join(folder, file_name));
    return { id, file_name, width: 1000, height: 1000, exhaustive_category_ids: [1, 2] };
  });
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
    expect(stderr).toMatch(/2 entries of .* were passed over/);
  });

  it("looks at a part of the pictures, spread over the set", async () => {
    const { stdout } = await xnorcam(["eval", "--data", dataSet(), "--limit", "2", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ images: 2 });
  });

  it.each([
    ["without --data", [], 2, /--data DIR is missing/],
    ["on a folder without labels", ["--data", tmpdir()], 1, /cannot read .*annotations\.json/],
  ])("%s fails in one line", async (_, args, exitCode, message) => {
    const { code, stderr } = await xnorcam(["eval", ...args]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("xnorcam bench", () => {
  it("gives time, work and memory of each layer, and the sums", async () => {
    const { code, stdout } = await xnorcam(["bench", "--json"]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      ms: number;
      binaryMacs: number;
      realMacs: number;
      layers: { ms: number; binaryMacs: number; realMacs: number }[];
    };
    expect(report.binaryMacs).toBe(report.layers.reduce((sum, layer) => sum + layer.binaryMacs, 0));
    expect(report.realMacs).toBe(report.layers.reduce((sum, layer) => sum + layer.realMacs, 0));
    expect(report.binaryMacs).toBe(291_594_240);
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
    expect(stdout).toMatch(/224×160/);
    expect(stdout).toMatch(/handgun .*weapon/);
  });

  it.each([
    ["a model that is cut off", 1, ["info", cutOff()], /cut off/],
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

function cutOff(): string {
  const path = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "cut.safetensors");
  copyFileSync(bundledModel, path);
  truncateSync(path, 100_000);
  return path;
}
