import { ModelDetector } from "../detect/model-detector.ts";
import { modelLimitBytes } from "../detect/picture-detector.ts";
import { graphVersion } from "../nn/graph.ts";
import { referenceBackend } from "../nn/kernel-backend.ts";
import { ModelFile } from "../nn/model-file.ts";
import { writeModelFile } from "../nn/write-model-file.ts";
import { randomFrom } from "../random.ts";
import { darknetError, parseCfg } from "./cfg.ts";
import { readLayers } from "./layers.ts";
import { ModelWriter } from "./model-writer.ts";
import type { DarknetNetwork } from "./network.ts";
import { readWeights } from "./weights.ts";
import { writeLayers } from "./write-layers.ts";

/** Darknet's three files of a network, with their names for messages. */
export interface DarknetFiles {
  readonly cfg: { readonly source: string; readonly text: string };
  readonly weights: { readonly source: string; readonly bytes: Uint8Array };
  /** A line for each class. */
  readonly names: { readonly source: string; readonly text: string };
}

export interface ImportOptions {
  readonly name: string;
  /** Classes that raise an alarm by default. */
  readonly weapons: readonly string[];
}

/** What Darknet's tools take where nothing else is said, in `detector test`. */
const threshold = 0.25;
const nmsIou = 0.45;

/**
 * Writes a network of Darknet's as a model of ours.
 * @returns the file, which was read back, planned and run once
 * @throws XnorcamError XC_DARKNET_INVALID that names file and line or section, XC_MODEL_INVALID where the network asks
 *   for more than this program gives
 */
export function importDarknet({ cfg, weights, names }: DarknetFiles, options: ImportOptions): Uint8Array {
  const network = readLayers(parseCfg(cfg.text, cfg.source), cfg.source);
  const classes = readNames(names, network, cfg.source);
  const unknown = options.weapons.find((weapon) => !classes.includes(weapon));
  if (unknown !== undefined) {
    throw darknetError(
      names.source,
      `has no class ${unknown}, which is to be a weapon: its classes are ${classes.join(", ")}`,
    );
  }
  const read = readWeights(network, { bytes: weights.bytes, weights: weights.source, cfg: cfg.source });
  const model = new ModelWriter();
  const outputs = writeLayers(model, network, read);
  const { height, width, channels } = network.input;
  const graph = {
    version: graphVersion,
    name: options.name,
    // A picture's Y, U and V; what stands for 0 is black, as in Darknet.
    input: { width, height, channels, mean: [0, 128, 128], scale: [1 / 255, 1 / 255, 1 / 255] },
    layers: model.layers,
    detection: {
      classes,
      weapons: options.weapons,
      thresholds: classes.map(() => threshold),
      outputs,
      nmsIou,
      candidates: 1000,
      maxDetections: 100,
    },
    training: { from: "Darknet", seen: read.seen },
  };
  const file = writeModelFile({ graph: JSON.stringify(graph) }, model.tensors);
  if (file.length > modelLimitBytes) {
    throw darknetError(
      weights.source,
      `makes a model of ${file.length} bytes, the limit is ${modelLimitBytes}: take a smaller network, or xnor=1`,
    );
  }
  check(file, weights.source);
  return file;
}

function readNames(
  { source, text }: DarknetFiles["names"],
  { layers }: DarknetNetwork,
  cfg: string,
): string[] {
  const classes = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  for (const layer of layers) {
    if (layer.kind !== "head" || layer.classes === classes.length) continue;
    const { name, line } = layer.section;
    throw darknetError(
      source,
      `has ${classes.length} names, but [${name}] on line ${line} of ${cfg} has ${layer.classes} classes`,
    );
  }
  return classes;
}

/**
 * Reads the file back as any model, and runs it: weights of another network of the same size can make numbers too large.
 * @throws XnorcamError XC_MODEL_INVALID, XC_DARKNET_INVALID
 */
function check(file: Uint8Array, source: string): void {
  const { engines } = new ModelDetector(ModelFile.parse(file, `${source}, imported`), referenceBackend());
  const { width, height } = engines.limits;
  const { engine, levels } = engines.engineFor(width, height);
  const random = randomFrom(1);
  engine.input.forEach((_, i) => {
    engine.input[i] = random() * 256;
  });
  engine.run();
  if (levels.every(({ data }) => data.every(Number.isFinite))) return;
  throw darknetError(
    source,
    "makes values of the network that are no numbers: these are weights of another cfg",
  );
}
