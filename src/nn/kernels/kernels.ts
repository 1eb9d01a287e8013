import type { MapShape } from "../shape.ts";

/** The window of a convolution, in pixels of its input. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/**
 * The operations of a binary network. Maps are NHWC as in `shape.ts`, bit maps `height × width × words` as in
 * `bits.ts`. Results are exact where they are integers; real values are IEEE single precision, each operation
 * rounded as written, except sums of a real convolution, which are kept in double precision until stored. So
 * every implementation gives the same signs, and the integer sums of a binary layer agree to the last bit.
 */
export interface Kernels {
  readonly name: string;

  /** Planar bytes `channels × height × width` → real map: out = (b − mean[c]) · scale[c]. */
  normalize(
    bytes: Uint8Array,
    shape: MapShape,
    mean: Float32Array,
    scale: Float32Array,
    out: Float32Array,
  ): void;

  /** Real convolution, zero padding. weight (out channels, kernel, kernel, in channels), bias (out channels). */
  conv(
    x: Float32Array,
    shape: MapShape,
    window: Window,
    weight: Float32Array,
    bias: Float32Array,
    out: Float32Array,
    outShape: MapShape,
  ): void;

  /** BatchNorm and sign: bit = (x · scale[c] + bias[c] ≥ 0), packed. */
  sign(x: Float32Array, shape: MapShape, scale: Float32Array, bias: Float32Array, out: Int32Array): void;

  /**
   * Binary convolution: out = Σ over taps and channels of aᵢ·wᵢ, both ±1, an integer.
   * `shape.channels` counts bits; weight (out channels, kernel, kernel, words). Outside the map every channel is
   * `paddingSign`.
   */
  binaryConv(
    bits: Int32Array,
    shape: MapShape,
    window: Window,
    paddingSign: 1 | -1,
    weight: Int32Array,
    out: Int32Array,
    outShape: MapShape,
  ): void;

  /** out = sum · scale[c] + bias[c]: α and the folded BatchNorm behind a binary convolution. */
  affine(sums: Int32Array, shape: MapShape, scale: Float32Array, bias: Float32Array, out: Float32Array): void;

  /** out = x where x > 0, else x · slope[c]. */
  prelu(x: Float32Array, shape: MapShape, slope: Float32Array, out: Float32Array): void;

  /** Mean over 2×2, stride 2; height and width are even. */
  averagePool(x: Float32Array, shape: MapShape, out: Float32Array): void;

  /** Channels c, c + C, c + 2C, … of the output are channel c of the input. */
  repeatChannels(x: Float32Array, shape: MapShape, times: number, out: Float32Array): void;

  /** Nearest neighbor, ×2. */
  upsample(x: Float32Array, shape: MapShape, out: Float32Array): void;

  add(a: Float32Array, b: Float32Array, shape: MapShape, out: Float32Array): void;
}
