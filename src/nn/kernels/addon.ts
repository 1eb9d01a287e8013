/** The kernels in C: what `src/native/node.c` exports, and `wasm.ts` likewise. Wrong arguments give a TypeError or RangeError. */
export interface NativeAddon {
  /** Kernels that this CPU can run, the best first. */
  variants(): string[];
  createNetwork(program: Uint8Array, tensors: Uint8Array, variant: string): object;
  run(network: object, input: Uint8Array, output: Float32Array): void;
  /**
   * Likewise, on a copy of the input, in a thread of its own; `done` is called once `output` is written. The network runs
   * nothing else meanwhile. Not in WebAssembly.
   */
  runInBackground?(network: object, input: Uint8Array, output: Float32Array, done: () => void): void;
  /** One of the stages of its program alone, for measuring. */
  runStage(network: object, stage: number, input: Uint8Array): void;
  /** Whether a stage makes the signs of its sums by comparing integers, see `src/native/threshold.h`. */
  hasThresholds(network: object, stage: number): boolean;
  /** Tables: in size, out size, then `first`, `offsets` and `weights` of `Taps` (`src/image/resample.ts`). */
  createResampler(x: Int32Array, y: Int32Array): object;
  resample(
    resampler: object,
    source: Uint8Array,
    from: number,
    out: Uint8Array,
    to: number,
    stride: number,
  ): void;
}
