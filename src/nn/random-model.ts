import { onesWord, wordsFor } from "./bits.ts";
import { type Graph, inputName, type LayerSpec } from "./graph.ts";
import type { PaddingSign } from "./kernels/kernels.ts";
import { ModelFile, type Tensor } from "./model-file.ts";

/** A window as a graph has it. */
export interface WindowFields {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** The window of a pooling as a graph has it. */
export interface PoolFields {
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Writes a network layer by layer, its tensors filled with random numbers: what faster kernels are held against the
 * reference with. Each method adds a layer that reads others by name, and returns its name.
 *
 * Real numbers are multiples of 1/16, so that sums of them are often exactly zero, where a sign turns.
 */
export class RandomModel {
  readonly #random: () => number;
  readonly #input: Graph["input"];
  readonly #layers: LayerSpec[] = [];
  readonly #tensors = new Map<string, Tensor>();
  readonly #channels = new Map<string, number>();

  /** @param random numbers in [0, 1) */
  constructor(
    input: { width: number; height: number; channels: number; real: boolean },
    random: () => number,
  ) {
    const { real, ...shape } = input;
    this.#random = random;
    this.#channels.set(inputName, shape.channels);
    const mean = () => Array.from({ length: shape.channels }, () => 100 + Math.floor(random() * 50));
    const scale = () => Array.from({ length: shape.channels }, () => (1 + Math.floor(random() * 8)) / 64);
    this.#input = real ? { ...shape, mean: mean(), scale: scale() } : shape;
  }

  /** Channels of the output of a layer, or of the picture. */
  channelsOf(name: string): number {
    return this.#channels.get(name)!;
  }

  conv(input: string, outputs: number, window: WindowFields): string {
    const name = this.#add((name) => ({ op: "conv", name, input, ...window }), outputs);
    this.#reals(`${name}.weight`, [outputs, window.kernel, window.kernel, this.channelsOf(input)], 1);
    this.#reals(`${name}.bias`, [outputs], 4);
    return name;
  }

  int8Conv(input: string, outputs: number, window: WindowFields, paddingValue?: number): string {
    const outside = paddingValue === undefined ? {} : { paddingValue };
    const name = this.#add((name) => ({ op: "int8_conv", name, input, ...window, ...outside }), outputs);
    const shape = [outputs, window.kernel, window.kernel, this.channelsOf(input)];
    const data = Int8Array.from({ length: count(shape) }, () => Math.floor(this.#random() * 256) - 128);
    this.#tensors.set(`${name}.weight`, { dtype: "I8", shape, data });
    return name;
  }

  binaryConv(input: string, outputs: number, window: WindowFields, paddingSign: PaddingSign): string {
    const name = this.#add((name) => ({ op: "binary_conv", name, input, ...window, paddingSign }), outputs);
    this.#bits(`${name}.weight`, [outputs, window.kernel, window.kernel], this.channelsOf(input));
    return name;
  }

  planeConv(input: string, outputs: number, window: WindowFields, weightPlanes: number): string {
    const name = this.#add((name) => ({ op: "plane_conv", name, input, ...window }), outputs);
    const shape = [weightPlanes, outputs, window.kernel, window.kernel];
    this.#bits(`${name}.weight`, shape, this.channelsOf(input));
    return name;
  }

  ternaryConv(input: string, outputs: number, window: WindowFields, paddingSign: PaddingSign): string {
    const name = this.#add((name) => ({ op: "ternary_conv", name, input, ...window, paddingSign }), outputs);
    for (const tensor of ["sign", "mask"]) {
      this.#bits(`${name}.${tensor}`, [outputs, window.kernel, window.kernel], this.channelsOf(input));
    }
    return name;
  }

  /** Of bytes. */
  binaryWeightConv(input: string, outputs: number, window: WindowFields): string {
    const name = this.#add((name) => ({ op: "binary_weight_conv", name, input, ...window }), outputs);
    this.#bits(`${name}.weight`, [outputs, window.kernel, window.kernel], this.channelsOf(input));
    return name;
  }

  /** Of real values. */
  realBinaryWeightConv(input: string, outputs: number, window: WindowFields): string {
    const name = this.binaryWeightConv(input, outputs, window);
    this.#reals(`${name}.scale`, [outputs], 1);
    this.#reals(`${name}.bias`, [outputs], 4);
    return name;
  }

  activationScale(input: string, window: WindowFields): string {
    return this.#add((name) => ({ op: "activation_scale", name, input, ...window }), 1);
  }

  /** @param factors a map of one channel */
  multiply(input: string, factors: string): string {
    return this.#add((name) => ({ op: "multiply", name, inputs: [input, factors] }), this.channelsOf(input));
  }

  /** No scale is 0: it would hide the sums. @param range of the sums: the values behind it are about as large as 4 */
  affine(input: string, range: number): string {
    const name = this.#add((name) => ({ op: "affine", name, input }), this.channelsOf(input));
    const channels = this.channelsOf(input);
    // A power of two: the products stay multiples of a small number.
    const unit = 2 ** -Math.ceil(Math.log2(Math.max(1, range)));
    this.#tensors.set(`${name}.scale`, {
      dtype: "F32",
      shape: [channels],
      data: this.#realsOf(channels, 4).map((value) => (value || 1) * unit),
    });
    this.#reals(`${name}.bias`, [channels], 2);
    return name;
  }

  batchNorm(input: string, clip?: [low: number, high: number]): string {
    const name = this.#add(
      (name) => ({ op: "batch_norm", name, input, ...(clip && { clip }) }),
      this.channelsOf(input),
    );
    this.#reals(`${name}.scale`, [this.channelsOf(input)], 2);
    this.#reals(`${name}.bias`, [this.channelsOf(input)], 1);
    return name;
  }

  sign(input: string): string {
    const name = this.#add((name) => ({ op: "sign", name, input }), this.channelsOf(input));
    this.#reals(`${name}.scale`, [this.channelsOf(input)], 2);
    this.#reals(`${name}.bias`, [this.channelsOf(input)], 1);
    return name;
  }

  quantize(input: string): string {
    const name = this.#add((name) => ({ op: "quantize", name, input }), this.channelsOf(input));
    this.#reals(`${name}.scale`, [this.channelsOf(input)], 64);
    return name;
  }

  bitPlanes(input: string, planes: number): string {
    const name = this.#add((name) => ({ op: "bit_planes", name, input, planes }), this.channelsOf(input));
    this.#reals(`${name}.scale`, [this.channelsOf(input)], 2);
    return name;
  }

  prelu(input: string): string {
    const name = this.#add((name) => ({ op: "prelu", name, input }), this.channelsOf(input));
    this.#reals(`${name}.slope`, [this.channelsOf(input)], 1);
    return name;
  }

  averagePool(input: string): string {
    return this.#add((name) => ({ op: "average_pool", name, input }), this.channelsOf(input));
  }

  upsample(input: string): string {
    return this.#add((name) => ({ op: "upsample", name, input }), this.channelsOf(input));
  }

  maxPool(input: string, window: PoolFields): string {
    return this.#add((name) => ({ op: "max_pool", name, input, ...window }), this.channelsOf(input));
  }

  slice(input: string, first: number, channels: number): string {
    return this.#add((name) => ({ op: "slice", name, input, first, channels }), channels);
  }

  concat(...inputs: string[]): string {
    const channels = inputs.reduce((sum, input) => sum + this.channelsOf(input), 0);
    return this.#add((name) => ({ op: "concat", name, inputs }), channels);
  }

  logistic(input: string): string {
    return this.#add((name) => ({ op: "logistic", name, input }), this.channelsOf(input));
  }

  repeatChannels(input: string, times: number): string {
    const channels = this.channelsOf(input) * times;
    return this.#add((name) => ({ op: "repeat_channels", name, input, times }), channels);
  }

  add(a: string, b: string): string {
    return this.#add((name) => ({ op: "add", name, inputs: [a, b] }), this.channelsOf(a));
  }

  /** What was written so far. */
  build(): { graph: Graph; model: ModelFile } {
    const graph = { name: "random", input: this.#input, layers: [...this.#layers], extra: {} };
    return { graph, model: ModelFile.of(new Map(this.#tensors), "a random model") };
  }

  #add(spec: (name: string) => LayerSpec, channels: number): string {
    const layer = spec(`l${this.#layers.length}`);
    this.#layers.push(layer);
    this.#channels.set(layer.name, channels);
    return layer.name;
  }

  /** Words of `channels` bits, those beyond them 0. */
  #bits(name: string, extents: readonly number[], channels: number): void {
    const words = wordsFor(channels);
    const shape = [...extents, words];
    const data = Int32Array.from(
      { length: count(shape) },
      (_, i) => Math.floor(this.#random() * 2 ** 32) & onesWord(channels, i % words),
    );
    this.#tensors.set(name, { dtype: "U32", shape, data });
  }

  #reals(name: string, shape: readonly number[], range: number): void {
    this.#tensors.set(name, { dtype: "F32", shape, data: this.#realsOf(count(shape), range) });
  }

  #realsOf(length: number, range: number): Float32Array {
    return Float32Array.from({ length }, () => (Math.floor(this.#random() * 33) - 16) * (range / 16));
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
