import type { MapShape } from "../shape.ts";

/** What stands outside a map of signs; 0 counts nothing. */
export type PaddingSign = -1 | 0 | 1;

/** The window of a convolution, in pixels of its input. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** The window of a pooling, in pixels of its input. */
export interface PoolWindow {
  readonly kernel: number;
  readonly stride: number;
  /** Left of and above the map. */
  readonly before: number;
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

  /** Planar bytes `channels × height × width` → bytes map: out = b − 128. */
  center(bytes: Uint8Array, shape: MapShape, out: Int8Array): void;

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

  /**
   * 8-bit convolution: out = Σ over taps and channels of x·w, an integer. Outside the map every channel is
   * `paddingValue`. weight (out channels, kernel, kernel, in channels).
   */
  int8Conv(
    x: Int8Array,
    shape: MapShape,
    window: Window,
    paddingValue: number,
    weight: Int8Array,
    out: Int32Array,
    outShape: MapShape,
  ): void;

  /**
   * BatchNorm, folded: out = x · scale[c] + bias[c], then `low` where it is less, `high` where it is more; both may be
   * infinite.
   */
  batchNorm(
    x: Float32Array,
    shape: MapShape,
    scale: Float32Array,
    bias: Float32Array,
    low: number,
    high: number,
    out: Float32Array,
  ): void;

  /** Real → bytes map: out = ⌊clamp(x · scale[c], −128, 127) + 128.5⌋ − 128. */
  quantize(x: Float32Array, shape: MapShape, scale: Float32Array, out: Int8Array): void;

  /** BatchNorm and sign: bit = (x · scale[c] + bias[c] ≥ 0), packed. */
  sign(x: Float32Array, shape: MapShape, scale: Float32Array, bias: Float32Array, out: Int32Array): void;

  /**
   * Binary convolution: out = Σ over taps and channels of aᵢ·wᵢ, both ±1, an integer.
   * `shape.channels` counts bits; weight (out channels, kernel, kernel, words). Outside the map every channel is
   * `paddingSign`; where that is 0, what is outside counts nothing.
   */
  binaryConv(
    bits: Int32Array,
    shape: MapShape,
    window: Window,
    paddingSign: PaddingSign,
    weight: Int32Array,
    out: Int32Array,
    outShape: MapShape,
  ): void;

  /**
   * Activations of k = `planes` bits (DoReFa-Net, Zhou et al. 2016): level = ⌊clamp(x · scale[c], 0, 2ᵏ − 1) + ½⌋, as k
   * bit maps one behind the other, the lowest bit first; bit 1 stands for 1, bit 0 for 0. k is 1 to 8.
   */
  bitPlanes(x: Float32Array, shape: MapShape, scale: Float32Array, planes: number, out: Int32Array): void;

  /**
   * k-bit convolution by bit-planes (DoReFa-Net, eq. 3), zero padding: activations Σᵢ 2ⁱ·aᵢ with aᵢ 0 or 1, weights
   * Σⱼ 2ʲ·wⱼ with wⱼ ±1; out = Σ over taps and channels of their products, an integer.
   * weight (weight planes, out channels, kernel, kernel, words).
   */
  planeConv(
    bits: Int32Array,
    planes: number,
    shape: MapShape,
    window: Window,
    weight: Int32Array,
    weightPlanes: number,
    out: Int32Array,
    outShape: MapShape,
  ): void;

  /**
   * Ternary weights (TWN, Li et al. 2016) on signs, by two planes of (out channels, kernel, kernel, words): where `mask`
   * has a 1 the weight is the sign in `sign`, elsewhere it is 0. Otherwise as `binaryConv`.
   */
  ternaryConv(
    bits: Int32Array,
    shape: MapShape,
    window: Window,
    paddingSign: PaddingSign,
    sign: Int32Array,
    mask: Int32Array,
    out: Int32Array,
    outShape: MapShape,
  ): void;

  /**
   * Bytes by weights of ±1 (Binary-Weight-Networks, Rastegari et al. 2016, section 3.1), zero padding: additions and
   * subtractions, no product. weight (out channels, kernel, kernel, words).
   */
  binaryWeightConv(
    x: Int8Array,
    shape: MapShape,
    window: Window,
    weight: Int32Array,
    out: Int32Array,
    outShape: MapShape,
  ): void;

  /**
   * The same of real values: out = sum · scale[c] + bias[c]. Each four neighboring channels of a tap are added one after
   * the other, and then to the sum, all in single precision.
   */
  realBinaryWeightConv(
    x: Float32Array,
    shape: MapShape,
    window: Window,
    weight: Int32Array,
    scale: Float32Array,
    bias: Float32Array,
    out: Float32Array,
    outShape: MapShape,
  ): void;

  /**
   * XNOR-Net's K (Rastegari et al. 2016, section 3.2): the mean over the channels of |x|, then its mean over each window,
   * zeros outside; one channel. Magnitudes are added in single precision to eight sums, that of channel c to c mod 8, and
   * these in their order; pixels of a window in double precision, and divided by kernel · kernel · channels at once.
   */
  activationScale(
    x: Float32Array,
    shape: MapShape,
    window: Window,
    out: Float32Array,
    outShape: MapShape,
  ): void;

  /**
   * out = sum · scale[c] + bias[c]: α and the folded BatchNorm behind a convolution in integers. A sum beyond 2²⁴ is
   * rounded to single precision first.
   */
  affine(sums: Int32Array, shape: MapShape, scale: Float32Array, bias: Float32Array, out: Float32Array): void;

  /** out = x where x > 0, else x · slope[c]. */
  prelu(x: Float32Array, shape: MapShape, slope: Float32Array, out: Float32Array): void;

  /** Mean over 2×2, stride 2; height and width are even. */
  averagePool(x: Float32Array, shape: MapShape, out: Float32Array): void;

  /** Channels c, c + C, c + 2C, … of the output are channel c of the input. */
  repeatChannels(x: Float32Array, shape: MapShape, times: number, out: Float32Array): void;

  /** Nearest neighbor, ×2. */
  upsample(x: Float32Array, shape: MapShape, out: Float32Array): void;

  /**
   * The largest value of each window, each channel by itself. The first window begins `before` pixels left of and above
   * the map; what lies outside does not count.
   */
  maxPool(x: Float32Array, shape: MapShape, window: PoolWindow, out: Float32Array, outShape: MapShape): void;

  /** Channels from `first` on, as many as the output has. */
  slice(x: Float32Array, shape: MapShape, first: number, out: Float32Array, outShape: MapShape): void;

  /** The channels of maps of one size, one map behind the other. */
  concat(
    inputs: readonly Float32Array[],
    shapes: readonly MapShape[],
    out: Float32Array,
    outShape: MapShape,
  ): void;

  /**
   * out = 1 / (1 + e⁻ˣ), in double precision until stored, e⁻ˣ as the 256th power of a polynomial in x / 256: a library's
   * exp has other last bits on another machine.
   */
  logistic(x: Float32Array, shape: MapShape, out: Float32Array): void;

  add(a: Float32Array, b: Float32Array, shape: MapShape, out: Float32Array): void;

  /** Each pixel times its factor, of a map of one channel: K ⊙ of XNOR-Net. */
  multiply(x: Float32Array, shape: MapShape, factors: Float32Array, out: Float32Array): void;
}
