import { stat } from "node:fs/promises";
import type { Picture } from "../camera/frame.ts";
import { type Detection, type DetectionTimings, plainDetection } from "../detect/detection.ts";
import { PictureDetector } from "../detect/picture-detector.ts";
import { XnorcamError } from "../errors.ts";
import { decodePicture } from "../image/decode-picture.ts";
import { listPictures } from "../image/list-pictures.ts";
import { round } from "../round.ts";
import { AnnotatedCopies } from "./annotated-copies.ts";
import { defineCommand } from "./command.ts";
import { warnOfKernels } from "./kernels-warning.ts";
import { modelOption, modelSettings, sensitivityOption } from "./model-option.ts";

/** What was found in one picture. */
interface Result {
  path: string;
  picture: Picture;
  /** From the decoded picture to the boxes. */
  ms: number;
  detections: readonly Detection[];
}

export const detect = defineCommand({
  options: {
    model: modelOption,
    sensitivity: sensitivityOption,
    threshold: {
      type: "number",
      value: "N",
      min: 0,
      max: 1,
      description: "Lowest score of a detection, for all classes; goes before --sensitivity",
    },
    json: { type: "flag", description: "One line of JSON for each picture" },
    out: { type: "text", value: "DIR", description: "Write copies with the boxes drawn in to this folder" },
  },
  positionals: { name: "PICTURE|FOLDER…", min: 1, max: Number.POSITIVE_INFINITY },
  async run({ values, positionals }) {
    const paths = await picturesOf(positionals);
    const { path: model, sensitivity } = modelSettings(values);
    const detector = PictureDetector.load(model);
    warnOfKernels(detector.backend);
    const thresholds = detector.thresholdsAt(sensitivity);
    const copies = values.out === undefined ? undefined : await AnnotatedCopies.open(values.out, paths);
    const lineOf = values.json ? jsonLine : textLine;
    let broken = 0;
    for (const path of paths) {
      const picture = await decodeOrReport(path);
      if (picture === undefined) {
        broken++;
        continue;
      }
      const { threshold } = values;
      const options = threshold === undefined ? { thresholds } : { threshold };
      const { detections, timings } = detector.detect(picture, options);
      console.log(lineOf({ path, picture, ms: totalMs(timings), detections }));
      await copies?.write(path, picture, detections);
    }
    return broken > 0 ? 1 : 0;
  },
});

/** Files as given, folders replaced by the pictures in them. */
async function picturesOf(words: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const word of words) {
    const kind = await stat(word).catch(() => undefined);
    paths.push(...(kind?.isDirectory() ? await listPictures(word) : [word]));
  }
  return paths;
}

/** One broken picture among many is said and passed over. */
async function decodeOrReport(path: string): Promise<Picture | undefined> {
  try {
    return await decodePicture(path);
  } catch (error) {
    if (!(error instanceof XnorcamError)) throw error;
    console.error(`xnorcam: ${error.message} (${error.code})`);
    return undefined;
  }
}

function totalMs({ letterboxMs, networkMs, decodeMs }: DetectionTimings): number {
  return letterboxMs + networkMs + decodeMs;
}

function jsonLine({ path, picture, ms, detections }: Result): string {
  return JSON.stringify({
    image: path,
    width: picture.width,
    height: picture.height,
    ms: round(ms, 1),
    detections: detections.map(plainDetection),
  });
}

function textLine({ path, ms, detections }: Result): string {
  const found = detections.map(({ label, score, box }) => {
    const [x, y, width, height] = box.map(Math.round);
    return `${label} ${score.toFixed(2)} at ${x},${y} ${width}×${height}`;
  });
  return `${path}: ${found.join("; ") || "nothing"} (${ms.toFixed(0)} ms)`;
}
