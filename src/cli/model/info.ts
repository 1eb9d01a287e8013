import { sensitivities } from "../../detect/head.ts";
import { PictureDetector } from "../../detect/picture-detector.ts";
import { referenceBackend } from "../../nn/backend.ts";

/** What is in a model file, as lines or as one of JSON. @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID */
export function modelInfo(path: string, json: boolean): string {
  const info = describe(path);
  return json ? JSON.stringify(info) : inLines(info);
}

function describe(path: string) {
  const { file, graph, head, engines } = PictureDetector.load(path, referenceBackend());
  const { training = null, accuracy = null } = graph.extra;
  const { plans, mapBytes } = engines.plan;
  const { width, height, multiple } = engines.limits;
  return {
    file: path,
    bytes: file.bytes,
    name: graph.name,
    input: { width, height, multiple: multiple ?? null },
    layers: graph.layers.length,
    macs: {
      real: plans.reduce((sum, { macs }) => sum + macs.real, 0),
      binary: plans.reduce((sum, { macs }) => sum + macs.binary, 0),
    },
    mapBytes,
    classes: head.classes.map((label, i) => ({
      label,
      threshold: head.thresholds[i]!,
      weapon: head.weapons.includes(label),
      operatingPoints:
        head.operatingPoints === undefined
          ? null
          : Object.fromEntries(sensitivities.map((name) => [name, head.operatingPoints![name][i]!])),
    })),
    accuracy,
    training,
  };
}

function inLines(info: ReturnType<typeof describe>): string {
  const classes = info.classes.map(
    ({ label, threshold, weapon, operatingPoints }) =>
      `  ${label.padEnd(12)} from ${threshold.toFixed(2)}${pointsText(operatingPoints)}${weapon ? "  weapon" : ""}`,
  );
  return [
    `${info.name}: ${info.file}, ${(info.bytes / 1024).toFixed(0)} KiB`,
    `input      ${inputText(info.input)}`,
    `layers     ${info.layers}, maps ${(info.mapBytes / 1024).toFixed(0)} KiB`,
    `work       ${(info.macs.binary / 1e6).toFixed(1)} M binary and ${(info.macs.real / 1e6).toFixed(1)} M real multiply-accumulates for a whole input`,
    `accuracy   ${info.accuracy === null ? "not stated" : JSON.stringify(info.accuracy)}`,
    `training   ${info.training === null ? "not stated" : JSON.stringify(info.training)}`,
    "classes",
    ...classes,
  ].join("\n");
}

/** "  (quiet 0.71, alert 0.32)" */
function pointsText(points: Readonly<Record<string, number>> | null): string {
  if (points === null) return "";
  return `  (quiet ${points.quiet?.toFixed(2)}, alert ${points.alert?.toFixed(2)})`;
}

function inputText({ width, height, multiple }: ReturnType<typeof describe>["input"]): string {
  if (multiple === null) return `${width}×${height}`;
  return `${width}×${height}, or what a picture fills of it, in steps of ${multiple}`;
}
