import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Graph } from "../nn/graph.ts";
import { invalid } from "../nn/model-file.ts";
import { schemaProblem } from "../schema-problem.ts";

const Probability = Type.Number({ minimum: 0, maximum: 1 });

/** How the outputs of a network become detections: the section `detection` of the model's graph. */
const HeadSchema = Type.Object(
  {
    classes: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { minItems: 1, maxItems: 1000 }),
    /** Of these, the ones that raise an alarm by default. */
    weapons: Type.Array(Type.String()),
    /** For each class, the score from which a detection counts. */
    thresholds: Type.Array(Probability),
    /** Real maps of `classes + 4` channels: logits of the classes, then of the distances to the four sides. */
    outputs: Type.Array(
      Type.Object({ layer: Type.String(), stride: Type.Integer({ minimum: 1, maximum: 256 }) }),
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

/** Distances of a box's sides from the center of its cell. */
export const boxSides = 4;

/** @throws XnorcamError XC_MODEL_INVALID that names the field */
export function readDetectionHead(graph: Graph, source: string): DetectionHead {
  const head = graph.extra.detection;
  if (!Value.Check(HeadSchema, head)) {
    throw invalid(source, schemaProblem(HeadSchema, head, "graph.detection"));
  }
  if (head.thresholds.length !== head.classes.length) {
    throw invalid(
      source,
      `graph.detection.thresholds needs one number for each of ${head.classes.length} classes`,
    );
  }
  const unknown = head.weapons.find((weapon) => !head.classes.includes(weapon));
  if (unknown !== undefined)
    throw invalid(source, `graph.detection.weapons names ${unknown}, which is no class`);
  return head;
}
