import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Box } from "../detect/detection.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { schemaProblem } from "../schema-problem.ts";

/** A picture of a data set and what is known to be in it. */
export interface LabeledPicture {
  readonly path: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Classes that are labeled in full: only there can a detection be called false. */
  readonly exhaustive: ReadonlySet<string>;
  readonly objects: readonly LabeledObject[];
  /** Which collection it comes from; empty where that is not said. */
  readonly source: string;
  /** Its scene or clip; empty where that is not said. */
  readonly group: string;
}

export interface LabeledObject {
  readonly label: string;
  readonly box: Box;
}

export interface DataSet {
  readonly classes: readonly string[];
  readonly pictures: readonly LabeledPicture[];
  /** One line for each entry that was passed over. */
  readonly problems: readonly string[];
}

const AnnotationFile = Type.Object({
  images: Type.Array(
    Type.Object({
      id: Type.Integer(),
      file_name: Type.String(),
      width: Type.Integer({ minimum: 1 }),
      height: Type.Integer({ minimum: 1 }),
      exhaustive_category_ids: Type.Optional(Type.Array(Type.Integer())),
      source: Type.Optional(Type.String()),
      group: Type.Optional(Type.String()),
    }),
  ),
  annotations: Type.Array(
    Type.Object({
      id: Type.Integer(),
      image_id: Type.Integer(),
      category_id: Type.Integer(),
      bbox: Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]),
      pseudo_score: Type.Optional(Type.Number()),
    }),
  ),
  categories: Type.Array(Type.Object({ id: Type.Integer(), name: Type.String() })),
});

type Annotation = Static<typeof AnnotationFile>["annotations"][number];

/**
 * Reads `annotations.json` of a folder: COCO's format, with `exhaustive_category_ids` (absent: all classes) a
 * picture. Boxes drawn by other networks (`pseudo_score`) are not counted as objects.
 *
 * @throws XnorcamError XC_DATASET_INVALID when the file itself cannot be used. An entry that cannot is named in
 *   `problems` and passed over.
 */
export function readDataSet(folder: string): DataSet {
  const path = join(folder, "annotations.json");
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new XnorcamError("XC_DATASET_INVALID", `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (!Value.Check(AnnotationFile, json)) {
    throw new XnorcamError("XC_DATASET_INVALID", `${path}: ${schemaProblem(AnnotationFile, json, "file")}`);
  }

  const names = new Map(json.categories.map(({ id, name }) => [id, name]));
  const sizes = new Map(json.images.map((image) => [image.id, image]));
  const problems: string[] = [];
  const objects = new Map<number, LabeledObject[]>();
  for (const annotation of json.annotations) {
    const problem = problemOf(annotation, names, sizes.get(annotation.image_id));
    if (problem !== undefined) {
      problems.push(`${path}: annotation ${annotation.id} is passed over: ${problem}`);
    } else if (annotation.pseudo_score === undefined) {
      const list = objects.get(annotation.image_id) ?? [];
      list.push({ label: names.get(annotation.category_id)!, box: annotation.bbox });
      objects.set(annotation.image_id, list);
    }
  }

  const pictures: LabeledPicture[] = [];
  for (const image of json.images) {
    const picturePath = join(folder, image.file_name);
    if (!existsSync(picturePath)) {
      problems.push(`${path}: image ${image.id} is passed over: ${picturePath} is missing`);
      continue;
    }
    const ids = image.exhaustive_category_ids ?? [...names.keys()];
    pictures.push({
      path: picturePath,
      width: image.width,
      height: image.height,
      exhaustive: new Set(ids.flatMap((id) => names.get(id) ?? [])),
      objects: objects.get(image.id) ?? [],
      source: image.source ?? "",
      group: image.group ?? "",
    });
  }
  return { classes: json.categories.map(({ name }) => name), pictures, problems };
}

function problemOf(
  { bbox, category_id, image_id }: Annotation,
  names: ReadonlyMap<number, string>,
  image: { width: number; height: number } | undefined,
): string | undefined {
  if (!names.has(category_id)) return `category ${category_id} is not in categories`;
  if (image === undefined) return `image ${image_id} is not in images`;
  const [left, top, width, height] = bbox;
  if (width <= 0 || height <= 0) return `bbox [${bbox.join(", ")}] has no area`;
  const slack = 1; // pixels: labels are rounded
  const inside =
    left >= -slack &&
    top >= -slack &&
    left + width <= image.width + slack &&
    top + height <= image.height + slack;
  return inside
    ? undefined
    : `bbox [${bbox.join(", ")}] leaves its picture of ${image.width}×${image.height}`;
}
