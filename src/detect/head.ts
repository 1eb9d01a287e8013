import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Graph } from "../nn/graph.ts";
import { invalid } from "../nn/model-file.ts";
import { schemaProblem } from "../schema-problem.ts";

const Probability = Type.Number({ minimum: 0, maximum: 1 });

const Side = Type.Number({ exclusiveMinimum: 0, maximum: 100_000 });

/** Darknet's heads: each cell looks for an object around each of a few anchors. */
const AnchorsSchema = Type.Object(
  {
    /** Width and height of each anchor, in pixels of the input. */
    sizes: Type.Array(Type.Tuple([Side, Side]), { minItems: 1, maxItems: 32 }),
    /** Whether a box has one class (region layers) or each class is a question of its own (yolo layers). */
    classScores: Type.Union([Type.Literal("softmax"), Type.Literal("logistic")]),
    /** By how much centers may leave their cell: the share of the logistic function's range, 1 for none. */
    centerScale: Type.Number({ minimum: 1, maximum: 4 }),
  },
  { additionalProperties: false },
);

export type Anchors = Static<typeof AnchorsSchema>;

/** How the outputs of a network become detections: the section `detection` of the model's graph. */
const HeadSchema = Type.Object(
  {
    classes: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { minItems: 1, maxItems: 1000 }),
    /** Of these, the ones that raise an alarm by default. */
    weapons: Type.Array(Type.String()),
    /** For each class, the score from which a detection counts: the operating point "normal". */
    thresholds: Type.Array(Probability),
    /** Thresholds by name, from few false alarms to many; a file without them has "normal" only. */
    operatingPoints: Type.Optional(
      Type.Object(
        { quiet: Type.Array(Probability), normal: Type.Array(Probability), alert: Type.Array(Probability) },
        { additionalProperties: false },
      ),
    ),
    /**
     * Real maps. Without anchors, of `classes + 4` channels: logits of the classes, then of the distances to the four
     * sides. With them, for each anchor center x and y, width, height, objectness, classes: see `decode-anchors.ts`.
     */
    outputs: Type.Array(
      Type.Object(
        {
          layer: Type.String(),
          stride: Type.Integer({ minimum: 1, maximum: 256 }),
          anchors: Type.Optional(AnchorsSchema),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 8 },
    ),
    /** Of two boxes of a class that overlap more, the lower one goes. */
    nmsIou: Probability,
    /** Boxes that enter the suppression, and that leave it, at most; the best first. */
    candidates: Type.Integer({ minimum: 1, maximum: 10_000 }),
    maxDetections: Type.Integer({ minimum: 1, maximum: 1000 }),
  },
  { additionalProperties: false },
);

export type DetectionHead = Static<typeof HeadSchema>;

/** The names of the operating points, from few false alarms to many. */
export const sensitivities = ["quiet", "normal", "alert"] as const;
export type Sensitivity = (typeof sensitivities)[number];

/** Distances of a box's sides from the center of its cell. */
export const boxSides = 4;

/** Of an anchor, before its classes: center x and y, width, height, objectness. */
export const anchorFields = 5;

/** Channels of an output for `classes` classes. */
export function outputChannels(
  { anchors }: Pick<DetectionHead["outputs"][number], "anchors">,
  classes: number,
) {
  return anchors === undefined ? classes + boxSides : anchors.sizes.length * (classes + anchorFields);
}

/** @throws XnorcamError XC_MODEL_INVALID that names the field */
export function readDetectionHead(graph: Graph, source: string): DetectionHead {
  const head = graph.extra.detection;
  if (!Value.Check(HeadSchema, head)) {
    throw invalid(source, schemaProblem(HeadSchema, head, "graph.detection"));
  }
  checkThresholds(head, source);
  const unknown = head.weapons.find((weapon) => !head.classes.includes(weapon));
  if (unknown !== undefined)
    throw invalid(source, `graph.detection.weapons names ${unknown}, which is no class`);
  return head;
}

/** Each list has a number for each class, and from quiet to alert they fall. */
function checkThresholds({ classes, thresholds, operatingPoints }: DetectionHead, source: string): void {
  const lists: Record<string, readonly number[]> = { thresholds };
  for (const name of operatingPoints === undefined ? [] : sensitivities) {
    lists[`operatingPoints.${name}`] = operatingPoints![name];
  }
  for (const [path, list] of Object.entries(lists)) {
    if (list.length === classes.length) continue;
    throw invalid(source, `graph.detection.${path} needs one number for each of ${classes.length} classes`);
  }
  if (operatingPoints === undefined) return;
  const { quiet, normal, alert } = operatingPoints;
  for (const [i, label] of classes.entries()) {
    if (normal[i] !== thresholds[i]) {
      throw invalid(source, `graph.detection.operatingPoints.normal differs from thresholds for ${label}`);
    }
    if (quiet[i]! >= normal[i]! && normal[i]! >= alert[i]!) continue;
    throw invalid(source, `graph.detection.operatingPoints rise from quiet to alert for ${label}`);
  }
}

/**
 * For each class, the score from which a detection counts at an operating point.
 * @throws XnorcamError XC_MODEL_INVALID where the file does not have it
 */
export function thresholdsAt(
  { operatingPoints, thresholds }: DetectionHead,
  sensitivity: Sensitivity,
  source: string,
): readonly number[] {
  if (operatingPoints !== undefined) return operatingPoints[sensitivity];
  if (sensitivity === "normal") return thresholds;
  throw invalid(
    source,
    `has no operating point "${sensitivity}", only "normal": export it anew, or set model.sensitivity to "normal"`,
  );
}

/** The operating point with the next fewer false alarms. */
const quieter = { alert: "normal", normal: "quiet", quiet: "quiet" } as const;

/**
 * For each class, the score from which a detection counts at the next quieter operating point.
 * @returns undefined for a file with a single operating point
 */
export function quieterThresholds(
  { operatingPoints }: DetectionHead,
  sensitivity: Sensitivity,
): readonly number[] | undefined {
  return operatingPoints?.[quieter[sensitivity]];
}

/**
 * For each class, the score of the next quieter operating point: what confirms detections of this one.
 * @returns empty for a file with a single operating point
 */
export function confirmScoresAt(head: DetectionHead, sensitivity: Sensitivity): Record<string, number> {
  const scores = quieterThresholds(head, sensitivity);
  return scores === undefined ? {} : Object.fromEntries(head.classes.map((label, i) => [label, scores[i]!]));
}
