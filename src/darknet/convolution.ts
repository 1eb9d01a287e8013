import type { ModelWriter } from "./model-writer.ts";
import type { Convolutional, DarknetLayer } from "./network.ts";
import type { ConvolutionWeights } from "./weights.ts";

type ConvolutionalLayer = Extract<DarknetLayer, Convolutional>;

/** As in `normalize_cpu` of Darknet; other versions of it add 10⁻⁵ to the variance instead. */
const epsilon = 1e-6;

/** Below the smallest number that is not subnormal: 0 + this is negative, and for all others it is nothing. */
const barelyNegative = -(2 ** -126);

/**
 * Writes a convolutional layer with its BatchNorm, without its activation.
 * @param name of what gives its values
 */
export function writeConvolution(
  model: ModelWriter,
  name: string,
  input: string,
  layer: ConvolutionalLayer,
  weights: ConvolutionWeights,
): void {
  const folded = fold(weights);
  const dense = denseWeights(layer, weights.weights);
  switch (layer.binary) {
    case "nothing":
      writeReal(model, name, input, layer, dense, folded);
      break;
    case "weights":
      writeBinaryWeights(model, name, input, layer, dense, folded);
      break;
    case "both":
      writeXnor(model, name, input, layer, dense, folded);
      break;
  }
}

/** BatchNorm behind a convolution and its bias: sum · factor + shift for each filter. */
interface Folded {
  readonly factors: Float64Array;
  readonly shifts: Float64Array;
}

function fold({ biases, normalization }: ConvolutionWeights): Folded {
  const shifts = Float64Array.from(biases);
  if (normalization === undefined) return { factors: new Float64Array(biases.length).fill(1), shifts };
  const { scales, means, variances } = normalization;
  const factors = Float64Array.from(scales, (scale, i) => scale / (Math.sqrt(variances[i]!) + epsilon));
  return { factors, shifts: shifts.map((shift, i) => shift - means[i]! * factors[i]!) };
}

/** Weights in our order, (filters, kernel, kernel, channels), and α, the mean magnitude of those of a filter. */
interface DenseWeights {
  /** 0 between channels of different groups. */
  readonly values: Float32Array;
  /** Whether a filter reads a channel, by position. */
  readonly isRead: (position: number) => boolean;
  readonly scales: Float64Array;
}

function denseWeights(
  { input, shape, groups, window }: ConvolutionalLayer,
  weights: Float32Array,
): DenseWeights {
  const { channels } = input;
  const filters = shape.channels;
  const taps = window.kernel ** 2;
  const read = channels / groups;
  const groupOf = (filter: number) => Math.floor(filter / (filters / groups));
  const values = new Float32Array(filters * taps * channels);
  const scales = new Float64Array(filters);
  let from = 0;
  for (let filter = 0; filter < filters; filter++) {
    for (let c = 0; c < read; c++) {
      for (let tap = 0; tap < taps; tap++, from++) {
        values[(filter * taps + tap) * channels + groupOf(filter) * read + c] = weights[from]!;
        scales[filter]! += Math.abs(weights[from]!) / (read * taps);
      }
    }
  }
  const perFilter = taps * channels;
  const isRead = (position: number) =>
    Math.floor((position % channels) / read) === groupOf(Math.floor(position / perFilter));
  return { values, isRead, scales };
}

function writeReal(
  model: ModelWriter,
  name: string,
  input: string,
  { window, input: { channels }, shape }: ConvolutionalLayer,
  { values }: Pick<DenseWeights, "values">,
  { factors, shifts }: Folded,
): void {
  const perFilter = values.length / shape.channels;
  const weight = values.map((value, i) => value * factors[Math.floor(i / perFilter)]!);
  model.reals(`${name}.weight`, [shape.channels, window.kernel, window.kernel, channels], weight);
  model.reals(`${name}.bias`, [shape.channels], Float32Array.from(shifts));
  model.add({ op: "conv", name, input, ...window });
}

/** binary=1: weights are α or −α. */
function writeBinaryWeights(
  model: ModelWriter,
  name: string,
  input: string,
  layer: ConvolutionalLayer,
  dense: DenseWeights,
  { factors, shifts }: Folded,
): void {
  const { window, input: map, shape, groups } = layer;
  const { values, isRead, scales } = dense;
  if (groups > 1) {
    // Bits have no zero for the channels of other groups.
    const perFilter = values.length / shape.channels;
    const signs = values.map((value, i) =>
      isRead(i) ? signOf(value) * scales[Math.floor(i / perFilter)]! : 0,
    );
    writeReal(model, name, input, layer, { values: signs }, { factors, shifts });
    return;
  }
  const extents = [shape.channels, window.kernel, window.kernel];
  model.bits(`${name}.weight`, extents, map.channels, (i) => values[i]! > 0);
  model.reals(
    `${name}.scale`,
    [shape.channels],
    Float32Array.from(factors, (factor, i) => factor * scales[i]!),
  );
  model.reals(`${name}.bias`, [shape.channels], Float32Array.from(shifts));
  model.add({ op: "binary_weight_conv", name, input, ...window });
}

/** xnor=1: the input's signs, too. */
function writeXnor(
  model: ModelWriter,
  name: string,
  input: string,
  layer: ConvolutionalLayer,
  dense: DenseWeights,
  { factors, shifts }: Folded,
): void {
  const { channels } = layer.input;
  const filters = layer.shape.channels;
  const sign = model.add({ op: "sign", name: `${name}.sign`, input });
  model.reals(`${sign}.scale`, [channels], new Float32Array(channels).fill(1));
  // Of 0 Darknet's sign is −1, ours +1.
  model.reals(`${sign}.bias`, [channels], new Float32Array(channels).fill(barelyNegative));
  const sums = writeSums(model, `${name}.sums`, sign, layer, dense);
  const scale = Float32Array.from(factors, (factor, i) => factor * dense.scales[i]!);
  model.reals(`${name}.scale`, [filters], scale);
  model.reals(`${name}.bias`, [filters], Float32Array.from(shifts));
  model.add({ op: "affine", name, input: sums });
}

/** Sums of signs, zeros around; where there are groups, the channels of others are zeros of ternary weights. */
function writeSums(
  model: ModelWriter,
  name: string,
  input: string,
  { window, input: { channels }, shape, groups }: ConvolutionalLayer,
  { values, isRead }: DenseWeights,
): string {
  const extents = [shape.channels, window.kernel, window.kernel];
  const isPositive = (i: number) => values[i]! > 0;
  if (groups === 1) {
    model.bits(`${name}.weight`, extents, channels, isPositive);
    return model.add({ op: "binary_conv", name, input, ...window, paddingSign: 0 });
  }
  model.bits(`${name}.sign`, extents, channels, isPositive);
  model.bits(`${name}.mask`, extents, channels, isRead);
  return model.add({ op: "ternary_conv", name, input, ...window, paddingSign: 0 });
}

function signOf(value: number): 1 | -1 {
  return value > 0 ? 1 : -1;
}
