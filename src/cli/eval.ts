import { SingleBar } from "cli-progress";
import type { Picture } from "../camera/frame.ts";
import { PictureDetector } from "../detect/picture-detector.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { type LabeledPicture, readDataSet } from "../eval/data-set.ts";
import type { PictureResult } from "../eval/match.ts";
import { type Scores, scoreResults } from "../eval/score.ts";
import { decodePicture } from "../image/decode-picture.ts";
import { round } from "../round.ts";
import { defineCommand } from "./command.ts";
import { modelOption, modelPath } from "./model-option.ts";

/** Low enough for the whole precision–recall curve; with it, a box of any use is among the model's candidates. */
const scoreFloor = 0.01;

export const evaluate = defineCommand({
  options: {
    data: {
      type: "text",
      value: "DIR",
      description: "Folder with annotations.json and pictures",
      required: true,
    },
    model: modelOption,
    json: { type: "flag", description: "One line of JSON" },
    limit: {
      type: "number",
      value: "N",
      min: 1,
      max: 1_000_000,
      integer: true,
      description: "Look at N pictures only, evenly spread over the set",
    },
  },
  async run({ values }) {
    const detector = PictureDetector.load(modelPath(values.model));
    const dataSet = readDataSet(values.data!);
    for (const problem of dataSet.problems) console.error(`xnorcam: ${problem}`);
    const pictures = spread(dataSet.pictures, values.limit ?? dataSet.pictures.length);
    if (pictures.length === 0)
      throw new XnorcamError("XC_NO_PICTURES", `there are no pictures in ${values.data}`);
    const results = await detectAll(detector, pictures);
    if (results.length === 0) {
      throw new XnorcamError(
        "XC_NO_PICTURES",
        `none of the pictures in ${values.data} can be used; see the lines above`,
      );
    }
    const { classes, weapons } = detector.head;
    const known = classes.filter((label) => dataSet.classes.includes(label));
    if (known.length === 0) {
      throw new XnorcamError(
        "XC_DATASET_INVALID",
        `${values.data} has none of the model's classes (${classes.join(", ")})`,
      );
    }
    const scores = scoreResults(
      results,
      known,
      weapons.filter((label) => known.includes(label)),
    );
    console.log(values.json ? JSON.stringify(scores, rounded) : table(scores));
    const passedOver = dataSet.problems.length + pictures.length - results.length;
    if (passedOver > 0) console.error(`xnorcam: ${passedOver} entries of ${values.data} were passed over`);
    return 0;
  },
});

/** One after another; of each picture only the boxes are kept. */
async function detectAll(
  detector: PictureDetector,
  pictures: readonly LabeledPicture[],
): Promise<PictureResult[]> {
  const bar = new SingleBar({
    format: "{bar} {value}/{total} pictures, {eta_formatted} left",
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: false,
  });
  bar.start(pictures.length, 0);
  const results: PictureResult[] = [];
  try {
    for (const picture of pictures) {
      try {
        const decoded = await decodePicture(picture.path);
        refuseOtherSize(picture, decoded);
        results.push({ picture, detections: detector.detect(decoded, { threshold: scoreFloor }).detections });
      } catch (error) {
        if (!(error instanceof XnorcamError)) throw error;
        console.error(`xnorcam: ${messageOf(error)} (${error.code})`);
      }
      bar.increment();
    }
  } finally {
    bar.stop();
  }
  return results;
}

/** Boxes of a picture that was resized since it was labeled would lie elsewhere. */
function refuseOtherSize({ path, width, height }: LabeledPicture, decoded: Picture): void {
  if (decoded.width === width && decoded.height === height) return;
  throw new XnorcamError(
    "XC_DATASET_INVALID",
    `${path} is passed over: it has ${decoded.width}×${decoded.height} pixels, annotations.json says ${width}×${height}`,
  );
}

/** `count` of the items, evenly spread, in order. */
function spread<Item>(items: readonly Item[], count: number): Item[] {
  const taken = Math.min(count, items.length);
  return Array.from({ length: taken }, (_, i) => items[Math.floor((i * items.length) / taken)]!);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? round(value, 4) : value;
}

function table({ mAP50, mAP, images, classes }: Scores): string {
  const percent = (value: number | undefined) => (value === undefined ? "" : value.toFixed(3)).padStart(8);
  const lines = Object.entries(classes).map(
    ([label, { ap50, gt, recallAtFp, threshold }]) =>
      `${label.padEnd(12)}${percent(ap50)}${String(gt ?? "").padStart(8)}${percent(recallAtFp)}${percent(threshold)}`,
  );
  return [
    `${"class".padEnd(12)}${"AP50".padStart(8)}${"objects".padStart(8)}${"recall".padStart(8)}${"at".padStart(8)}`,
    ...lines,
    `mAP50 ${mAP50.toFixed(3)}, mAP ${mAP.toFixed(3)}, ${images} pictures; recall at 0.1 false positives a picture, weapons at 0.05`,
  ].join("\n");
}
