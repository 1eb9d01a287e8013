import type { LayerOp, LayerSpec } from "./graph.ts";
import { invalid } from "./model-file.ts";

/** The layers by which the methods differ; all share 8-bit convolutions at both ends, BatchNorm behind and shortcuts. */
const tellingOps = [
  ...(["conv", "binary_conv", "plane_conv", "ternary_conv", "binary_weight_conv"] as const),
  ...(["activation_scale", "bit_planes", "batch_norm"] as const),
] satisfies LayerOp[];

type TellingOp = (typeof tellingOps)[number];

interface Method {
  readonly ops: readonly TellingOp[];
  /** Bits of an activation, where they are computed by bit-planes. */
  readonly planes?: number;
}

const binaryWeights: Method = { ops: ["binary_weight_conv", "batch_norm"] };
const binary: Method = { ops: ["binary_conv"] };
const ternary: Method = { ops: ["ternary_conv"] };
const kBit = (planes: number): Method => ({ ops: ["plane_conv", "bit_planes", "batch_norm"], planes });

/**
 * The training methods (`scripts/train/methods`, a paper each) and the layers that their blocks are made of. Some differ in
 * nothing but how their weights were found.
 */
const methods: ReadonlyMap<string, Method> = new Map([
  ["float", { ops: ["conv", "batch_norm"] }],
  ["int8", { ops: ["batch_norm"] }],
  ["binaryconnect", binaryWeights],
  ["binaryconnect-stochastic", binaryWeights],
  ["bwn", binaryWeights],
  ["bnn", binary],
  ["xnor", { ops: ["binary_conv", "activation_scale", "batch_norm"] }],
  ["xnor-learned", binary],
  ...[1, 2, 4, 8].map((planes): [string, Method] => [`dorefa-${planes}`, kBit(planes)]),
  ["ternary", ternary],
  ["ternary-trained", ternary],
]);

/**
 * Checks that a network has the layers of the method that it says it was trained by.
 * @param extra as in `Graph`
 * @throws XnorcamError XC_MODEL_INVALID
 */
export function checkMethod(
  layers: readonly LayerSpec[],
  extra: Readonly<Record<string, unknown>>,
  source: string,
): void {
  const { training } = extra as { training?: { method?: unknown } | null };
  const name = training?.method;
  if (name === undefined) return;
  const method = typeof name === "string" ? methods.get(name) : undefined;
  if (method === undefined) {
    throw invalid(
      source,
      `graph.training.method is ${JSON.stringify(name)}, known are ${[...methods.keys()].join(", ")}`,
    );
  }
  const refuse = (needs: string, has: string) =>
    invalid(
      source,
      `graph.training.method is ${name}, whose networks have ${needs}, but this one has ${has}: it was trained by another method, or changed; export it anew`,
    );
  const found = tellingOps.filter((op) => layers.some((layer) => layer.op === op));
  if (found.length !== method.ops.length || !method.ops.every((op) => found.includes(op))) {
    throw refuse(method.ops.join(", "), found.join(", ") || "none of these layers");
  }
  for (const layer of layers) {
    if (layer.op === "bit_planes" && layer.planes !== method.planes) {
      throw refuse(`activations of ${method.planes} bits`, `${layer.planes} in layer ${layer.name}`);
    }
  }
}
