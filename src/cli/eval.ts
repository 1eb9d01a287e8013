import { basename } from "node:path";
import { alarmSettingsOf } from "../alarm/from-config.ts";
import { loadConfig } from "../config/load.ts";
import { confirmScoresAt, sensitivities } from "../detect/head.ts";
import { PictureDetector } from "../detect/picture-detector.ts";
import { XnorcamError } from "../errors.ts";
import { type DataSet, type LabeledPicture, readDataSet } from "../eval/data-set.ts";
import { reportPage } from "../eval/report/page.ts";
import { type Scores, scoreResults } from "../eval/score.ts";
import { round } from "../round.ts";
import { defineCommand, usage } from "./command.ts";
import { detectPictures } from "./eval/detect-pictures.ts";
import { type EventReport, eventLines, eventReport } from "./eval/events-report.ts";
import { type EventOptions, EventPlays } from "./eval/play-events.ts";
import { writeReport } from "./eval/write-report.ts";
import { warnOfKernels } from "./kernels-warning.ts";
import { modelOption, modelSettings, sensitivityOption } from "./model-option.ts";

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
    report: {
      type: "text",
      value: "DIR",
      description: "Write a page to this folder that shows what the model does wrong",
    },
    limit: {
      type: "number",
      value: "N",
      min: 1,
      max: 1_000_000,
      integer: true,
      description:
        "Look at N pictures only, evenly spread over the set; with --events, N of those without a weapon",
    },
    events: {
      type: "flag",
      description:
        "Play clips, and pictures without a weapon, through tracker and alarm with the settings of `run`",
    },
    clips: {
      type: "text",
      value: "SOURCE",
      description:
        "With --events, the source whose groups are clips in the order of their files; ahmed_clips without it",
    },
    zoom: {
      type: "number",
      value: "N",
      min: 0,
      max: 8,
      integer: true,
      description: "After the whole picture, look closer at up to N parts of it, as `model.closerLooks` does",
    },
    sensitivity: sensitivityOption,
    cache: {
      type: "text",
      value: "DIR",
      description: "With --events, keep detections there, so that other settings are measured in seconds",
    },
  },
  async run({ values }) {
    const { zoom = 0 } = values;
    // Where a closer look goes depends on what the frames before have shown.
    if (zoom > 0 && values.cache !== undefined) throw usage("--cache and --zoom exclude each other");
    const { path, sensitivity } = modelSettings(values);
    const detector = PictureDetector.load(path);
    warnOfKernels(detector.backend);
    const dataSet = readDataSet(values.data);
    for (const problem of dataSet.problems) console.error(`xnorcam: ${problem}`);
    if (values.events) {
      const { limit, cache, clips = "ahmed_clips" } = values;
      const report = await playEvents(
        { detector, modelPath: path, sensitivity, cache, zoom },
        dataSet,
        clips,
        limit,
      );
      console.log(values.json ? JSON.stringify(report) : eventLines(report).join("\n"));
      return 0;
    }
    const pictures = spread(dataSet.pictures, values.limit ?? dataSet.pictures.length);
    if (pictures.length === 0) {
      throw new XnorcamError("XC_NO_PICTURES", `there are no pictures in ${values.data}`);
    }
    const shared = sharedClasses(detector, dataSet, values.data);
    const results = await detectPictures(detector, pictures, zoom);
    if (results.length === 0) {
      throw new XnorcamError(
        "XC_NO_PICTURES",
        `none of the pictures in ${values.data} can be used; see the lines above`,
      );
    }
    const scores = scoreResults(results, shared.classes, shared.weapons);
    console.log(values.json ? JSON.stringify(scores, rounded) : table(scores));
    const passedOver = dataSet.problems.length + pictures.length - results.length;
    if (passedOver > 0) console.error(`xnorcam: ${passedOver} entries of ${values.data} were passed over`);
    if (values.report !== undefined) {
      const model = `${detector.graph.name} (${basename(path)})`;
      const page = await reportPage({
        ...shared,
        model,
        data: values.data,
        results,
        scores,
        points: pointsOf(detector),
      });
      console.error(`xnorcam: the report is ${await writeReport(values.report, page)}`);
    }
    return 0;
  },
});

/** With the settings of `XNORCAM_CONFIG`, else the defaults. */
async function playEvents(
  model: Omit<EventOptions, "alarm" | "fps">,
  { pictures }: DataSet,
  clipSource: string,
  limit: number | undefined,
): Promise<EventReport> {
  const { alarm, camera } = loadConfig({ env: { XNORCAM_CONFIG: process.env.XNORCAM_CONFIG } });
  const { head } = model.detector;
  const settings = alarmSettingsOf(alarm, confirmScoresAt(head, model.sensitivity));
  const plays = new EventPlays({ ...model, alarm: settings, fps: camera.fps });
  const groups = new Map<string, LabeledPicture[]>();
  for (const picture of pictures.filter(({ source }) => source === clipSource)) {
    groups.set(picture.group, [...(groups.get(picture.group) ?? []), picture]);
  }
  for (const group of groups.values()) group.sort((a, b) => (a.path < b.path ? -1 : 1));
  const unarmed = withoutWeapon(pictures, head.weapons);
  const clips = await plays.clips(groups);
  const stills = await plays.stills(spread(unarmed, limit ?? unarmed.length));
  return eventReport(clips, stills, camera.fps);
}

/**
 * Pictures without a weapon: none is labeled, and they are labeled in full for weapons or come from a source in which
 * nobody has labeled any, such as one of animals.
 */
function withoutWeapon(pictures: readonly LabeledPicture[], weapons: readonly string[]): LabeledPicture[] {
  const isArmed = ({ objects }: LabeledPicture) => objects.some(({ label }) => weapons.includes(label));
  const armedSources = new Set(pictures.filter(isArmed).map(({ source }) => source));
  return pictures.filter((picture) => {
    const inFull = weapons.every((label) => picture.exhaustive.has(label));
    return !isArmed(picture) && (inFull || !armedSources.has(picture.source));
  });
}

/** @throws XnorcamError XC_DATASET_INVALID when there are none */
function sharedClasses({ head }: PictureDetector, dataSet: DataSet, folder: string) {
  const classes = head.classes.filter((label) => dataSet.classes.includes(label));
  if (classes.length > 0) {
    return { classes, weapons: head.weapons.filter((label) => classes.includes(label)) };
  }
  throw new XnorcamError(
    "XC_DATASET_INVALID",
    `${folder} has none of the model's classes (${head.classes.join(", ")})`,
  );
}

/** For each operating point that the model has, the threshold of each class. */
function pointsOf({ head }: PictureDetector) {
  const points = head.operatingPoints ?? { normal: head.thresholds };
  const names = sensitivities.filter((name) => name in points);
  return Object.fromEntries(
    names.map((name) => [
      name,
      new Map(head.classes.map((label, i) => [label, (points as Record<string, number[]>)[name]![i]!])),
    ]),
  );
}

/** `count` of the items, evenly spread, in order. */
function spread(items: readonly LabeledPicture[], count: number): LabeledPicture[] {
  const taken = Math.min(count, items.length);
  return Array.from({ length: taken }, (_, i) => items[Math.floor((i * items.length) / taken)]!);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? round(value, 4) : value;
}

function table({ mAP50, mAP, images, classes }: Scores): string {
  const cell = (value: number | undefined) => (value === undefined ? "" : value.toFixed(3)).padStart(8);
  const lines = Object.entries(classes).map(
    ([label, { ap50, gt, recallAtFp, threshold, large }]) =>
      `${label.padEnd(12)}${cell(ap50)}${String(gt ?? "").padStart(8)}${cell(recallAtFp)}${cell(threshold)}${cell(large.recall)}${String(large.objects).padStart(8)}`,
  );
  const head = ["AP50", "objects", "recall", "at", "large", "objects"].map((name) => name.padStart(8));
  return [
    `${"class".padEnd(12)}${head.join("")}`,
    ...lines,
    `mAP50 ${mAP50.toFixed(3)}, mAP ${mAP.toFixed(3)}, ${images} pictures; recall at 0.1 false positives a picture, weapons at 0.05;`,
    "large: the same for objects whose √area is a tenth of the picture's width or more",
  ].join("\n");
}
