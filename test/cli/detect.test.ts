import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Outcome, xnorcam } from "./xnorcam.ts";

const pictures = "test/fixtures/pictures";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-detect-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A copy of a fixture, 320×180 pixels. */
async function picture(...path: string[]): Promise<string> {
  const to = join(folder, ...path);
  await mkdir(join(to, ".."), { recursive: true });
  await copyFile(`${pictures}/parity-02.png`, to);
  return to;
}

interface Line {
  image: string;
  width: number;
  height: number;
  ms: number;
  detections: { label: string; score: number; box: [number, number, number, number] }[];
}

function linesOf({ stdout }: Outcome): string[] {
  return stdout.trimEnd().split("\n");
}

function jsonOf(outcome: Outcome): Line[] {
  return linesOf(outcome).map((line) => JSON.parse(line));
}

// Threshold 0 makes any model find something in anything.
const anything = ["--threshold", "0"];

describe("xnorcam detect", () => {
  it("prints one line of JSON for each picture, boxes in pixels of the original", async () => {
    const outcome = await xnorcam([
      "detect",
      "--json",
      ...anything,
      `${pictures}/parity-02.png`,
      `${pictures}/parity-16.png`,
    ]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const lines = jsonOf(outcome);
    expect(lines.map(({ image, width, height }) => [image, width, height])).toEqual([
      [`${pictures}/parity-02.png`, 320, 180],
      [`${pictures}/parity-16.png`, 449, 321],
    ]);
    for (const { width, height, ms, detections, ...rest } of lines) {
      expect(Object.keys(rest)).toEqual(["image"]);
      expect(ms).toBeGreaterThan(0);
      expect(detections.length).toBeGreaterThan(0);
      for (const { label, score, box } of detections) {
        const [x, y, w, h] = box;
        expect(label).toMatch(/^[a-z]+$/);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(Math.min(x, y, w, h)).toBeGreaterThanOrEqual(0);
        expect(x + w).toBeLessThanOrEqual(width + 0.1);
        expect(y + h).toBeLessThanOrEqual(height + 0.1);
        for (const value of box) expect(value).toBe(Number(value.toFixed(1)));
      }
    }
  });

  it("looks at every picture of a folder in natural order", async () => {
    await picture("10.png");
    await picture("9.png");
    await writeFile(join(folder, "notes.txt"), "no picture");
    const images = jsonOf(await xnorcam(["detect", "--json", folder])).map(({ image }) => image);
    expect(images).toEqual([join(folder, "9.png"), join(folder, "10.png")]);
  });

  it("says in words what it found where no JSON is asked for", async () => {
    const path = await picture("one.png");
    const found = linesOf(await xnorcam(["detect", ...anything, path]));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/one\.png: [a-z]+ \d\.\d\d at \d+,\d+ \d+×\d+.* \(\d+ ms\)$/);
    const nothing = linesOf(await xnorcam(["detect", "--threshold", "1", path]));
    expect(nothing[0]).toMatch(/one\.png: nothing \(\d+ ms\)$/);
  });

  it("says of a broken picture what is wrong, goes on and exits with 1", async () => {
    await picture("1.png");
    await writeFile(join(folder, "2.jpg"), "This is text.");
    await picture("3.png");
    const outcome = await xnorcam(["detect", "--json", folder]);
    expect(outcome.code).toBe(1);
    expect(jsonOf(outcome)).toHaveLength(2);
    expect(outcome.stderr).toMatch(
      /^xnorcam: cannot read picture ".*2\.jpg": .* \(XC_PICTURE_UNREADABLE\)\n$/,
    );
  });

  it("refuses a folder without pictures in one line", async () => {
    const outcome = await xnorcam(["detect", folder]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(/^xnorcam: no picture in folder ".*": .* \(XC_NO_PICTURES\)\n$/);
  });

  it("refuses a threshold out of range with exit code 2", async () => {
    const outcome = await xnorcam(["detect", "--threshold", "2", folder]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("XC_USAGE");
  });

  it("names a model that is not there", async () => {
    const outcome = await xnorcam([
      "detect",
      "--model",
      join(folder, "none.safetensors"),
      await picture("1.png"),
    ]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("none.safetensors");
    expect(outcome.stderr).toContain("XC_MODEL_UNREADABLE");
  });
});

describe("xnorcam detect --out", () => {
  it("makes the folder and writes copies of the pictures' size with boxes drawn in", async () => {
    const out = join(folder, "deep", "out");
    const path = await picture("scene.png");
    expect(await xnorcam(["detect", ...anything, "--out", out, path])).toMatchObject({ code: 0, stderr: "" });
    const copy = sharp(join(out, "scene.jpg"));
    const { format, width, height } = await copy.metadata();
    expect({ format, width, height }).toEqual({ format: "jpeg", width: 320, height: 180 });
    const [before, after] = await Promise.all([
      sharp(path).removeAlpha().raw().toBuffer(),
      copy.raw().toBuffer(),
    ]);
    const changed = before.filter((value, i) => Math.abs(value - after[i]!) > 60).length;
    expect(changed).toBeGreaterThan(500);
  });

  it("keeps pictures of the same name apart", async () => {
    const paths = [
      await picture("a", "scene.png"),
      await picture("b", "scene.png"),
      await picture("b", "scene.webp"),
    ];
    const out = join(folder, "out");
    await xnorcam(["detect", "--out", out, ...paths]);
    expect((await readdir(out)).sort()).toEqual(["scene-2.jpg", "scene-3.jpg", "scene.jpg"]);
  });

  it("never overwrites an input, even where the output folder is its own", async () => {
    const path = join(folder, "scene.jpg");
    await sharp(await picture("1.png"))
      .jpeg()
      .toFile(path);
    const before = await readFile(path);
    await xnorcam(["detect", "--out", folder, path]);
    expect(Buffer.compare(await readFile(path), before)).toBe(0);
    expect(await readdir(folder)).toContain("scene-2.jpg");
  });

  it("says so where the folder cannot be made", async () => {
    const file = await picture("file.png");
    const outcome = await xnorcam(["detect", "--out", join(file, "out"), file]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^xnorcam: cannot write ".*": .* \(XC_OUTPUT_UNWRITABLE\)\n$/);
  });
});
