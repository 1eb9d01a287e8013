import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { Box } from "../../src/detect/detection.ts";

export interface LabeledFile {
  /** A picture to copy. */
  path: string;
  objects: { label: string; box: Box }[];
  source?: string;
  group?: string;
  /** Classes that are labeled in full; all of them without it. */
  exhaustive?: string[];
}

export const labels = [
  "person",
  "handgun",
  "rifle",
  "knife",
  "car",
  "bus",
  "truck",
  "motorcycle",
  "dog",
  "cat",
];

/** A data set in a folder of its own, with the pictures in this order. Returns the folder. */
export async function labeledFolder(files: readonly LabeledFile[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-data-"));
  const idOf = (label: string) => labels.indexOf(label) + 1;
  const images = [];
  const annotations = [];
  for (const [i, { path, objects, source, group, exhaustive = labels }] of files.entries()) {
    const file_name = `${String(i + 1).padStart(5, "0")}.${path.split(".").at(-1)}`;
    copyFileSync(path, join(folder, file_name));
    const { width, height } = await sharp(path).metadata();
    const exhaustive_category_ids = exhaustive.map(idOf);
    images.push({ id: i, file_name, width, height, source, group, exhaustive_category_ids });
    for (const { label, box } of objects) {
      annotations.push({ id: annotations.length, image_id: i, category_id: idOf(label), bbox: box });
    }
  }
  const categories = labels.map((name) => ({ id: idOf(name), name }));
  writeFileSync(join(folder, "annotations.json"), JSON.stringify({ images, annotations, categories }));
  return folder;
}
