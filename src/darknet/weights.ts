import { darknetError } from "./cfg.ts";
import type { Convolutional, DarknetLayer, DarknetNetwork } from "./network.ts";

/** The numbers of one convolutional layer, as Darknet's `load_convolutional_weights` reads them. */
export interface ConvolutionWeights {
  /** A filter's shift, behind BatchNorm where there is one. */
  readonly biases: Float32Array;
  /** Of BatchNorm, each for every filter. */
  readonly normalization?: {
    readonly scales: Float32Array;
    readonly means: Float32Array;
    readonly variances: Float32Array;
  };
  /** (filters, channels / groups, kernel, kernel) */
  readonly weights: Float32Array;
}

export interface DarknetWeights {
  /** Pictures that the training saw. */
  readonly seen: number;
  /** By index of the layer. */
  readonly convolutions: ReadonlyMap<number, ConvolutionWeights>;
}

/** Where the weights of a cfg are read from. */
export interface WeightsSource {
  readonly bytes: Uint8Array;
  /** Names of the files, for messages. */
  readonly weights: string;
  readonly cfg: string;
}

type ConvolutionalLayer = Extract<DarknetLayer, Convolutional>;

interface Part {
  readonly name: "biases" | "scales" | "means" | "variances" | "weights";
  readonly count: number;
}

/**
 * Reads a weights file: a header, then the numbers of each convolutional layer in the order of the cfg, little endian.
 * @throws XnorcamError XC_DARKNET_INVALID that says how many bytes were expected where
 */
export function readWeights(network: DarknetNetwork, source: WeightsSource): DarknetWeights {
  const { headerBytes, seen } = readHeader(source);
  const convolutions = [...network.layers.entries()].filter(
    (entry): entry is [number, ConvolutionalLayer] => entry[1].kind === "convolutional",
  );
  checkLength(convolutions, headerBytes, source);
  let position = headerBytes;
  const floats = (part: Part, where: string) => {
    const bytes = source.bytes.slice(position, position + 4 * part.count);
    position += 4 * part.count;
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, part.count);
    const least = part.name === "variances" ? 0 : Number.NEGATIVE_INFINITY;
    const broken = values.findIndex((value) => !Number.isFinite(value) || value < least);
    if (broken < 0) return values;
    throw darknetError(source.weights, `${part.name} of ${where} hold ${values[broken]} at index ${broken}`);
  };
  const read = convolutions.map(([index, layer]): [number, ConvolutionWeights] => {
    const parts = new Map(
      partsOf(layer).map((part) => [part.name, floats(part, whereOf(index, layer, source))]),
    );
    const scales = parts.get("scales");
    return [
      index,
      {
        biases: parts.get("biases")!,
        weights: parts.get("weights")!,
        ...(scales === undefined
          ? {}
          : { normalization: { scales, means: parts.get("means")!, variances: parts.get("variances")! } }),
      },
    ];
  });
  return { seen, convolutions: new Map(read) };
}

/** Three versions of 32 bits and how many pictures were seen: 64 bits since version 0.2, 32 before. */
function readHeader({ bytes, weights }: WeightsSource): { headerBytes: number; seen: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [versionBytes, shortest] = [12, 16];
  if (bytes.byteLength < shortest) {
    throw darknetError(
      weights,
      `is ${bytes.byteLength} bytes long, expected a header of ${shortest} at least`,
    );
  }
  const [major, minor] = [view.getInt32(0, true), view.getInt32(4, true)];
  // Larger ones ask Darknet for turned weights of connected layers; a file of another kind has anything here.
  if (major < 0 || minor < 0 || major > 1000 || minor > 1000) {
    throw darknetError(weights, `begins with version ${major}.${minor}: not a weights file of Darknet`);
  }
  const isOld = major * 10 + minor < 2;
  if (isOld) return { headerBytes: shortest, seen: view.getUint32(versionBytes, true) };
  const headerBytes = versionBytes + 8;
  if (bytes.byteLength < headerBytes) {
    throw darknetError(weights, `is ${bytes.byteLength} bytes long, expected a header of ${headerBytes}`);
  }
  return { headerBytes, seen: Number(view.getBigUint64(versionBytes, true)) };
}

function partsOf({ normalized, groups, input, shape, window }: ConvolutionalLayer): Part[] {
  const count = shape.channels;
  const weights = (count * input.channels * window.kernel ** 2) / groups;
  const norm = (["scales", "means", "variances"] as const).map((name) => ({ name, count }));
  return [{ name: "biases", count }, ...(normalized ? norm : []), { name: "weights", count: weights }];
}

/** Before anything is read: the numbers of a layer that a file lacks would be those of another. */
function checkLength(
  convolutions: readonly [number, ConvolutionalLayer][],
  headerBytes: number,
  source: WeightsSource,
): void {
  const { byteLength } = source.bytes;
  let position = headerBytes;
  let problem: string | undefined;
  for (const [index, layer] of convolutions) {
    for (const { name, count } of partsOf(layer)) {
      const end = position + 4 * count;
      if (end > byteLength) {
        problem ??= `ends at byte ${byteLength}, but ${name} of ${whereOf(index, layer, source)} need ${4 * count} bytes from byte ${position}`;
      }
      position = end;
    }
  }
  const surplus = byteLength - position;
  if (surplus === 0) return;
  problem ??= `${surplus} bytes follow at byte ${position}, where the last convolutional layer of ${source.cfg} ends`;
  throw darknetError(
    source.weights,
    `${problem}; it is ${byteLength} bytes long, the cfg asks for ${position}${headerHint(surplus, headerBytes)}`,
  );
}

/** A count of pictures in 32 bits under a new version, or the other way round, moves everything by four bytes. */
function headerHint(surplus: number, headerBytes: number): string {
  if (surplus === -4 && headerBytes === 20) {
    return ": its header is an old one of 16 bytes, though its version says 20; write version 0.1 into it";
  }
  if (surplus === 4 && headerBytes === 16) {
    return ": its header is one of 20 bytes, though its version says 16; write version 0.2 into it";
  }
  return "";
}

/** "layer 3 ([convolutional], line 20 of tiny.cfg)" */
function whereOf(index: number, { section }: DarknetLayer, { cfg }: WeightsSource): string {
  return `layer ${index} ([${section.name}], line ${section.line} of ${cfg})`;
}
