import type { Sensitivity } from "../../detect/head.ts";
import { sizeNames } from "../breakdown.ts";
import { match, type PictureResult } from "../match.ts";
import { falsePositiveRate, precisionRecall, type Scores } from "../score.ts";
import { confusionOf } from "./confusion.ts";
import { curveChart, type MarkedPoint } from "./curve-chart.ts";
import { escapeHtml } from "./escape-html.ts";
import { figure } from "./figure.ts";
import { type Mistake, worstFalseAlarms, worstMisses } from "./mistakes.ts";
import { style } from "./style.ts";
import { breakdownTable, confusionTable, recallTable } from "./tables.ts";

export interface ReportInput {
  readonly model: string;
  readonly data: string;
  readonly results: readonly PictureResult[];
  /** Those that model and data set share. */
  readonly classes: readonly string[];
  readonly weapons: readonly string[];
  readonly scores: Scores;
  /** For each operating point of the model, the threshold of each class. */
  readonly points: Readonly<Partial<Record<Sensitivity, ReadonlyMap<string, number>>>>;
}

/** Pictures of each kind of mistake, for each class. */
const picturesEach = 8;

/** The whole report as one HTML page that asks nobody for anything. */
export async function reportPage(input: ReportInput): Promise<string> {
  const { model, data, results, classes, weapons, scores } = input;
  const rows = [...classes.map((label) => [label]), ...(weapons.length > 0 ? [weapons] : [])].map(
    (labels) => {
      const label = labels === weapons ? "weapon" : labels[0]!;
      return { label, labels, matches: match(results, labels, 0.5), scores: scores.classes[label]! };
    },
  );
  const curves = rows
    .filter(({ matches }) => matches.countedObjects > 0)
    .map(({ label, labels, matches, scores: { ap50 } }) => {
      const curve = precisionRecall(matches);
      const marked = labels.length === 1 ? markedPoints(label, curve, input.points) : [];
      const remark = ap50 === undefined ? "" : `AP50 ${ap50.toFixed(3)}, `;
      return `<section><h3>${escapeHtml(label)}</h3>${curveChart(label, curve, marked)}<small>${remark}${matches.countedObjects} objects</small></section>`;
    });
  const normal = new Map(classes.map((label) => [label, input.points.normal?.get(label) ?? 0.5]));
  const sources = new Set(rows.flatMap(({ scores: { bySource } }) => Object.keys(bySource)));
  const mistakes = await Promise.all(
    rows.map(async ({ label, matches, scores: { threshold } }) => {
      const alarms = worstFalseAlarms(matches, picturesEach);
      const misses = worstMisses(matches, normal.get(label) ?? threshold, picturesEach);
      return `<details${weapons.includes(label) ? " open" : ""}><summary>${escapeHtml(label)}</summary>${await gallery("False alarms with the highest scores", alarms, input, normal)}${await gallery("Largest objects missed", misses, input, normal)}</details>`;
    }),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(model)}: what it sees</title><style>${style}</style></head><body>
<h1>${escapeHtml(model)}</h1><p class="soft">${results.length} pictures of ${escapeHtml(data)}</p>
<ul class="numbers">${headline(scores, weapons)}</ul>
<h2>Precision and recall</h2>
<p>Over pictures that are labeled in full for the class, at an overlap of one half. Operating points of the model file:
<span class="key quiet"></span>quiet<span class="key normal"></span>normal<span class="key alert"></span>alert</p>
<div class="curves">${curves.join("")}</div>
<h2>Recall at fixed false positives</h2>
<p>Share of all objects that are found where a class makes so many false positives a picture; its own rate is
${falsePositiveRate.object}, that of a weapon ${falsePositiveRate.weapon}.</p>${recallTable(rows)}
<h2>By size</h2><p>Recall at the class's own rate; size is √area of the box as a share of the picture's width.</p>
${breakdownTable(
  rows.map(({ label, scores: { bySize: parts } }) => ({ label, parts })),
  sizeNames,
)}
<h2>By source</h2>${breakdownTable(
    rows.map(({ label, scores: { bySource: parts } }) => ({ label, parts })),
    [...sources].sort(),
  )}
<h2>What is taken for what</h2><p>At the thresholds of the operating point normal; color is the share of the row.</p>
${confusionTable(confusionOf(results, classes, normal))}
<h2>The worst mistakes</h2><p>Dashed green: what is labeled. Thin blue: what was seen. Red: a false alarm. Yellow: a miss.</p>
${mistakes.join("")}
</body></html>
`;
}

function headline({ mAP50, mAP, classes }: Scores, weapons: readonly string[]): string {
  const items: [string, number][] = [
    ["mAP50", mAP50],
    ["mAP", mAP],
  ];
  const { weapon } = classes;
  if (weapons.length > 0 && weapon !== undefined) {
    items.push(
      ["weapon recall", weapon.recallAtFp],
      [`of ${weapon.large.objects} large weapons`, weapon.large.recall],
    );
  }
  return items.map(([name, value]) => `<li>${escapeHtml(name)}<b>${value.toFixed(3)}</b></li>`).join("");
}

function markedPoints(
  label: string,
  curve: ReturnType<typeof precisionRecall>,
  points: ReportInput["points"],
): MarkedPoint[] {
  return Object.entries(points).flatMap(([name, thresholds]) => {
    const at = curve.findLast(({ score }) => score >= (thresholds.get(label) ?? 1));
    return at === undefined ? [] : [{ name, recall: at.recall, precision: at.precision }];
  });
}

async function gallery(
  title: string,
  mistakes: readonly Mistake[],
  { results }: ReportInput,
  normal: ReadonlyMap<string, number>,
): Promise<string> {
  if (mistakes.length === 0) return `<h3>${title}</h3><p class="soft">None.</p>`;
  const detections = new Map(results.map((result) => [result.picture, result.detections]));
  const figures: string[] = [];
  for (const mistake of mistakes) {
    const seen = detections
      .get(mistake.picture)!
      .filter(({ label, score }) => score >= (normal.get(label) ?? 1));
    figures.push(await figure(mistake, seen));
  }
  return `<h3>${title}</h3><div class="pictures">${figures.join("")}</div>`;
}
