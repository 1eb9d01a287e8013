import { modelLimitBytes } from "../detect/picture-detector.ts";
import { maxExtent } from "../nn/graph.ts";
import { type MapShape, shapeText } from "../nn/shape.ts";
import { type CfgSection, darknetError } from "./cfg.ts";
import { readHead } from "./head.ts";
import {
  activations,
  type Convolutional,
  type DarknetLayer,
  type DarknetNetwork,
  type Head,
  type MaxPool,
  type Route,
  type SectionContext,
  type Shortcut,
  type Upsample,
} from "./network.ts";
import { Options } from "./options.ts";

type Read = { readonly shape: MapShape } & (Convolutional | MaxPool | Route | Shortcut | Upsample | Head);

const readers: Readonly<Record<string, (context: SectionContext) => Read>> = {
  convolutional: readConvolutional,
  conv: readConvolutional,
  maxpool: readMaxPool,
  max: readMaxPool,
  route: readRoute,
  shortcut: readShortcut,
  upsample: readUpsample,
  yolo: (context) => readHead(context, "yolo"),
  region: (context) => readHead(context, "region"),
};

const extent = { min: 1, max: maxExtent };
const flag = { min: 0, max: 1 };
/** Darknet's own networks have fewer than 300; each costs memory by its channels, however short its section is. */
const mostLayers = 1000;
/** Of all layers together: as real numbers, as large as a model may be. The weights file holds a part of them only. */
const groupedLimit = modelLimitBytes / Float32Array.BYTES_PER_ELEMENT;
const anyIndex = { min: -10_000, max: 10_000 };

/**
 * Reads the layers of a cfg.
 * @throws XnorcamError XC_DARKNET_INVALID that names file, line and section
 */
export function readLayers(sections: readonly CfgSection[], source: string): DarknetNetwork {
  const [net, ...rest] = sections;
  if (net === undefined || (net.name !== "net" && net.name !== "network")) {
    throw darknetError(
      source,
      `line ${net?.line ?? 1}: a cfg begins with [net], not ${net?.name ?? "nothing"}`,
    );
  }
  const options = new Options(net, source);
  const picture = {
    height: options.int("height", extent),
    width: options.int("width", extent),
    channels: options.int("channels", extent, 3),
  };
  if (picture.channels !== 3) {
    throw options.error(`channels is ${picture.channels}, expected 3: pictures are in color`, "channels");
  }
  const layers: DarknetLayer[] = [];
  for (const section of rest) {
    const read = Object.hasOwn(readers, section.name) ? readers[section.name] : undefined;
    if (read === undefined) {
      const known = Object.keys(readers).join(", ");
      throw darknetError(
        source,
        `line ${section.line}: [${section.name}] is not supported, known are ${known}`,
      );
    }
    const options = new Options(section, source);
    if (layers.at(-1)?.kind === "head" && section.name !== "route") {
      throw options.error("stands behind a head, whose boxes are no map: a [route] has to come first");
    }
    if (layers.length === mostLayers)
      throw options.error(`is layer ${mostLayers + 1}; the limit is ${mostLayers}`);
    const input = layers.at(-1)?.shape ?? picture;
    const layer = read({ options, input, picture, layers });
    checkExtents(options, layer.shape);
    layers.push({ ...layer, section, input });
    checkGroups(options, layers);
  }
  if (!layers.some(({ kind }) => kind === "head")) {
    throw darknetError(source, "has no [yolo] or [region] layer, so it finds no boxes");
  }
  return { input: picture, layers };
}

function readConvolutional({ options, input }: SectionContext): Read {
  const filters = options.int("filters", extent, 1);
  const groups = options.int("groups", extent, 1);
  if (input.channels % groups !== 0 || filters % groups !== 0) {
    throw options.error(
      `groups is ${groups}, which does not divide ${input.channels} channels and ${filters} filters`,
      "groups",
    );
  }
  const kernel = options.int("size", { min: 1, max: 15 }, 1);
  const stride = options.int("stride", { min: 1, max: 8 }, 1);
  const given = options.int("padding", { min: 0, max: kernel - 1 }, 0);
  const padding = options.int("pad", { min: 0, max: 15 }, 0) > 0 ? Math.floor(kernel / 2) : given;
  const normalized = options.int("batch_normalize", flag, 0) === 1;
  const activation = options.word("activation", activations, "logistic");
  const binaryWeights = options.int("binary", flag, 0) === 1;
  const binary = options.int("xnor", flag, 0) === 1 ? "both" : binaryWeights ? "weights" : "nothing";
  options.only({
    stride_x: stride,
    stride_y: stride,
    dilation: 1,
    antialiasing: 0,
    flipped: 0,
    dot: 0,
    cbn: 0,
  });
  options.only({ bin_output: 0, sway: 0, rotate: 0, stretch: 0, stretch_sway: 0, coordconv: 0, reverse: 0 });
  options.only({ assisted_excitation: 0, dontload: 0, dontloadscales: 0, numload: 0 });
  options.finish(["angle", "stream", "wait_stream"]);
  const size = (pixels: number) => Math.floor((pixels + 2 * padding - kernel) / stride) + 1;
  const shape = { height: size(input.height), width: size(input.width), channels: filters };
  const window = { kernel, stride, padding };
  checkFits(options, shape, kernel, input);
  return { kind: "convolutional", shape, groups, window, normalized, activation, binary };
}

function readMaxPool({ options, input }: SectionContext): Read {
  const stride = options.int("stride", { min: 1, max: 8 }, 1);
  const kernel = options.int("size", { min: 1, max: 15 }, stride);
  const padding = options.int("padding", { min: 0, max: 2 * (kernel - 1) }, kernel - 1);
  options.only({ stride_x: stride, stride_y: stride, maxpool_depth: 0, out_channels: 1, antialiasing: 0 });
  options.finish();
  const before = Math.floor(padding / 2);
  const size = (pixels: number) => Math.floor((pixels + padding - kernel) / stride) + 1;
  const shape = { height: size(input.height), width: size(input.width), channels: input.channels };
  checkFits(options, shape, kernel, input);
  return { kind: "maxpool", shape, kernel, stride, before, after: padding - before };
}

function readRoute({ options, layers }: SectionContext): Read {
  const given = options.numbers("layers");
  if (given === undefined) throw options.error("layers is missing");
  const indices = given.map((number) => layerIndex(options, "layers", number, layers));
  const groups = options.int("groups", extent, 1);
  const group = options.int("group_id", { min: 0, max: groups - 1 }, 0);
  options.finish();
  const shapes = indices.map((index) => layers[index]!.shape);
  const [{ height, width }] = shapes as [MapShape];
  const other = shapes.find((shape) => shape.height !== height || shape.width !== width);
  if (other !== undefined) {
    throw options.error(`joins maps of ${shapeText(shapes[0]!)} and ${shapeText(other)}`, "layers");
  }
  const odd = shapes.find(({ channels }) => channels % groups !== 0);
  if (odd !== undefined) {
    throw options.error(`groups is ${groups}, which does not divide ${odd.channels} channels`, "groups");
  }
  const channels = shapes.reduce((sum, shape) => sum + shape.channels / groups, 0);
  return { kind: "route", shape: { height, width, channels }, layers: indices, groups, group };
}

function readShortcut({ options, input, layers }: SectionContext): Read {
  const from = layerIndex(options, "from", options.int("from", anyIndex), layers);
  const activation = options.word("activation", activations, "linear");
  options.only({ alpha: 1, beta: 1 });
  options.finish();
  const other = layers[from]!.shape;
  if (shapeText(other) !== shapeText(input)) {
    throw options.error(`adds maps of ${shapeText(input)} and ${shapeText(other)}`, "from");
  }
  return { kind: "shortcut", shape: input, from, activation };
}

function readUpsample({ options, input }: SectionContext): Read {
  const times = options.int("stride", { min: 1, max: 32 }, 2);
  if (!Number.isInteger(Math.log2(times))) {
    throw options.error(`stride is ${times}, expected a power of two`, "stride");
  }
  options.only({ scale: 1 });
  options.finish();
  const { height, width, channels } = input;
  return { kind: "upsample", shape: { height: height * times, width: width * times, channels }, times };
}

/** Routes and upsamplings multiply, and each reads the one before it: a few lines would ask for any amount of memory. */
function checkExtents(options: Options, shape: MapShape): void {
  if (Math.max(shape.height, shape.width, shape.channels) <= extent.max) return;
  throw options.error(
    `makes a map of ${shapeText(shape)}; the limit is ${extent.max} in width, height and channels`,
  );
}

/** Groups are written as one convolution with zeros between them, of more weights than the weights file has. */
function checkGroups(options: Options, layers: readonly DarknetLayer[]): void {
  const weights = layers.reduce((sum, layer) => sum + groupedWeights(layer), 0);
  if (weights <= groupedLimit) return;
  throw options.error(
    `groups are imported as one convolution with zeros between them, up to here of ${weights} weights; the limit is ${groupedLimit}`,
    "groups",
  );
}

/** Weights, zeros included, of a convolution that has groups. */
function groupedWeights(layer: DarknetLayer): number {
  if (layer.kind !== "convolutional" || layer.groups === 1) return 0;
  return layer.shape.channels * layer.input.channels * layer.window.kernel ** 2;
}

function checkFits(options: Options, { height, width }: MapShape, kernel: number, input: MapShape): void {
  if (height >= 1 && width >= 1) return;
  throw options.error(
    `a window of ${kernel}×${kernel} does not fit its input of ${shapeText(input)}`,
    "size",
  );
}

/** Of a layer that is named by its index, or, below zero, by how far it is back. */
function layerIndex(options: Options, key: string, number: number, layers: readonly DarknetLayer[]): number {
  const own = layers.length;
  const index = number < 0 ? own + number : number;
  if (!Number.isInteger(number) || index < 0) {
    throw options.error(`${key} names ${number}, but there are ${own} layers before this one`, key);
  }
  if (index >= own) {
    throw options.error(
      `${key} names layer ${index}, but this is layer ${own}: a layer reads only what is before it`,
      key,
    );
  }
  if (layers[index]!.kind === "head") {
    throw options.error(`${key} names layer ${index}, which is a head: its boxes are no map`, key);
  }
  return index;
}
