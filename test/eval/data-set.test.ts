import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDataSet } from "../../src/eval/data-set.ts";
import { fixture } from "../helpers/paths.ts";

const annotation = { id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 30, 40] };
const image = { id: 1, file_name: "a.png", width: 100, height: 100 };
const whole = {
  images: [{ ...image, exhaustive_category_ids: [2] }],
  annotations: [annotation],
  categories: [
    { id: 1, name: "person" },
    { id: 2, name: "knife" },
  ],
};

function folderWith(annotations: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  copyFileSync(fixture("pictures/parity-01.png"), join(folder, "a.png"));
  writeFileSync(
    join(folder, "annotations.json"),
    typeof annotations === "string" ? annotations : JSON.stringify(annotations),
  );
  return folder;
}

describe("a data set", () => {
  it("says what is in each picture and what is labeled in full", () => {
    const { pictures, problems, classes } = readDataSet(folderWith(whole));
    expect(problems).toEqual([]);
    expect(classes).toEqual(["person", "knife"]);
    expect(pictures[0]!.objects).toEqual([{ label: "person", box: [1, 2, 30, 40] }]);
    expect([...pictures[0]!.exhaustive]).toEqual(["knife"]);
  });

  it("counts every class as labeled in full where the file says nothing of it", () => {
    const { pictures } = readDataSet(folderWith({ ...whole, images: [image] }));
    expect([...pictures[0]!.exhaustive]).toEqual(["person", "knife"]);
  });

  it("takes no box of another network for an object", () => {
    const taught = { ...whole, annotations: [{ ...annotation, pseudo_score: 0.9 }] };
    expect(readDataSet(folderWith(taught)).pictures[0]!.objects).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ["a box without area", { ...annotation, bbox: [1, 2, 0, 4] }, /annotation 1 .*has no area/],
    [
      "a box outside its picture",
      { ...annotation, bbox: [90, 2, 30, 4] },
      /annotation 1 .*leaves its picture of 100×100/,
    ],
    ["an unknown category", { ...annotation, category_id: 9 }, /annotation 1 .*category 9/],
    ["an unknown picture", { ...annotation, image_id: 9 }, /annotation 1 .*image 9/],
  ])("names %s and goes on", (_, broken, message) => {
    const { pictures, problems } = readDataSet(folderWith({ ...whole, annotations: [broken] }));
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(pictures).toHaveLength(1);
  });

  it("names a picture that is missing and goes on", () => {
    const { pictures, problems } = readDataSet(
      folderWith({ ...whole, images: [image, { ...image, id: 2, file_name: "b.png" }] }),
    );
    expect(problems).toEqual([expect.stringMatching(/image 2 is passed over: .*b\.png is missing/)]);
    expect(pictures).toHaveLength(1);
  });

  it.each([
    ["broken JSON", "{", /annotations\.json/],
    ["another format", { images: [{ id: "x" }] }, /annotations\.json: /],
  ])("refuses %s", (_, content, message) => {
    expect(() => readDataSet(folderWith(content))).toThrow(message);
  });
});
