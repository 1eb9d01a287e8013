import type { NativeAddon } from "./addon.ts";

/** The native kernels, compiled to WebAssembly; a module that the engine cannot run is absent. */
export interface WasmModules {
  /** With 128-bit vectors: the variant "wasm". */
  readonly simd128?: WebAssembly.Module | undefined;
  /** For engines without them: the variant "wasm-plain". */
  readonly plain?: WebAssembly.Module | undefined;
}

/** What `src/native/wasm.c` exports. Pointers and sizes are numbers of bytes. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  problem(): number;
  createNetwork(program: number, programBytes: number, tensors: number, tensorBytes: number): number;
  inputBytes(): number;
  outputElements(): number;
  stages(): number;
  run(input: number, output: number): void;
  runStage(stage: number, input: number): void;
  hasThresholds(stage: number): number;
  createResampler(x: number, xWords: number, y: number, yWords: number): number;
  resample(source: number, sourceBytes: number, out: number, outBytes: number, stride: number): void;
}

/**
 * The kernels in WebAssembly, called in the way of the addon, in Node and in a browser alike. Each network and each
 * resampler has an instance of its own, with its memory: weights, maps, and the places where the picture comes in and
 * the outputs go out, so that a run allocates nothing. The garbage collector takes all of it together.
 */
export function createWasmAddon({ simd128, plain }: WasmModules): NativeAddon {
  const modules = new Map<string, WebAssembly.Module>();
  if (simd128 !== undefined) modules.set("wasm", simd128);
  if (plain !== undefined) modules.set("wasm-plain", plain);
  const best = [...modules.values()][0];
  return {
    variants: () => [...modules.keys()],

    createNetwork(program, tensors, variant) {
      const module = modules.get(variant);
      if (module === undefined) throw new RangeError("this engine has no kernels of that name");
      return new WasmNetwork(module, program, tensors);
    },
    run: (network, input, output) => networkOf(network).run(input, output),
    runStage: (network, stage, input) => networkOf(network).runStage(stage, input),
    hasThresholds: (network, stage) => networkOf(network).hasThresholds(stage),

    createResampler(x, y) {
      if (best === undefined) throw new RangeError("this engine has no kernels");
      return new WasmResampler(best, x, y);
    },
    resample: (resampler, source, from, out, to, stride) =>
      resamplerOf(resampler).resample(source, from, out, to, stride),
  };
}

function networkOf(value: object): WasmNetwork {
  if (value instanceof WasmNetwork) return value;
  throw new TypeError("network is not one that createNetwork made");
}

function resamplerOf(value: object): WasmResampler {
  if (value instanceof WasmResampler) return value;
  throw new TypeError("resampler is not one that createResampler made");
}

/** An instance of the module, and its memory. */
class Instance {
  readonly exports: Exports;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  }

  /** @throws RangeError when the memory is out */
  allocate(bytes: number): number {
    const pointer = this.exports.allocate(bytes);
    if (pointer === 0) throw new RangeError("out of memory");
    return pointer;
  }

  /** Valid until memory grows, which it does in `allocate` and the create functions alone. */
  bytesAt(pointer: number, bytes: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, pointer, bytes);
  }

  /** A copy in the module's memory. */
  place({ buffer, byteOffset, byteLength }: Uint8Array | Int32Array): number {
    const pointer = this.allocate(byteLength);
    this.bytesAt(pointer, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
    return pointer;
  }

  /** Why a create function failed. */
  problem(): RangeError {
    const memory = new Uint8Array(this.exports.memory.buffer);
    const from = this.exports.problem();
    return new RangeError(String.fromCharCode(...memory.subarray(from, memory.indexOf(0, from))));
  }
}

class WasmNetwork {
  readonly #instance: Instance;
  readonly #inputAt: number;
  readonly #outputAt: number;
  readonly #input: Uint8Array;
  readonly #output: Float32Array;

  /** @throws RangeError for a program that could not run, or when the memory is out */
  constructor(module: WebAssembly.Module, program: Uint8Array, tensors: Uint8Array) {
    const instance = new Instance(module);
    const { exports } = instance;
    const args = [instance.place(program), program.length, instance.place(tensors), tensors.length] as const;
    if (exports.createNetwork(...args) === 0) throw instance.problem();
    const elements = exports.outputElements();
    this.#instance = instance;
    this.#inputAt = instance.allocate(exports.inputBytes());
    this.#outputAt = instance.allocate(elements * Float32Array.BYTES_PER_ELEMENT);
    this.#input = instance.bytesAt(this.#inputAt, exports.inputBytes());
    this.#output = new Float32Array(exports.memory.buffer, this.#outputAt, elements);
  }

  run(input: Uint8Array, output: Float32Array): void {
    this.#take(input);
    if (output.length !== this.#output.length) {
      throw new RangeError(`output has ${output.length} elements, the network gives ${this.#output.length}`);
    }
    this.#instance.exports.run(this.#inputAt, this.#outputAt);
    output.set(this.#output);
  }

  runStage(stage: number, input: Uint8Array): void {
    const { exports } = this.#instance;
    this.#checkStage(stage);
    this.#take(input);
    exports.runStage(stage, this.#inputAt);
  }

  hasThresholds(stage: number): boolean {
    this.#checkStage(stage);
    return this.#instance.exports.hasThresholds(stage) !== 0;
  }

  #checkStage(stage: number): void {
    const count = this.#instance.exports.stages();
    if (!(stage >= 0 && stage < count)) throw new RangeError("there is no such stage");
  }

  #take(input: Uint8Array): void {
    if (input.length !== this.#input.length) {
      throw new RangeError(`input has ${input.length} bytes, the network reads ${this.#input.length}`);
    }
    this.#input.set(input);
  }
}

class WasmResampler {
  readonly #instance: Instance;
  readonly #sourceAt: number;
  readonly #outAt: number;
  readonly #source: Uint8Array;
  readonly #out: Uint8Array;
  /** Of the plane that it gives. */
  readonly #width: number;
  readonly #height: number;

  /** @param x, y tables as in `src/native/resample.h` @throws RangeError when one is broken */
  constructor(module: WebAssembly.Module, x: Int32Array, y: Int32Array) {
    const instance = new Instance(module);
    const { exports } = instance;
    if (exports.createResampler(instance.place(x), x.length, instance.place(y), y.length) === 0) {
      throw instance.problem();
    }
    const [inWidth = 0, outWidth = 0] = x;
    const [inHeight = 0, outHeight = 0] = y;
    this.#instance = instance;
    this.#width = outWidth;
    this.#height = outHeight;
    this.#sourceAt = instance.allocate(inWidth * inHeight);
    this.#outAt = instance.allocate(outWidth * outHeight);
    this.#source = instance.bytesAt(this.#sourceAt, inWidth * inHeight);
    this.#out = instance.bytesAt(this.#outAt, outWidth * outHeight);
  }

  resample(source: Uint8Array, from: number, out: Uint8Array, to: number, stride: number): void {
    const width = this.#width;
    const end = to + stride * (this.#height - 1) + width;
    const fits = from >= 0 && from + this.#source.length <= source.length;
    if (!fits || !(to >= 0 && stride >= width && end <= out.length)) {
      throw new RangeError("the planes reach beyond source or out");
    }
    this.#source.set(source.subarray(from, from + this.#source.length));
    const { exports } = this.#instance;
    exports.resample(this.#sourceAt, this.#source.length, this.#outAt, this.#out.length, width);
    for (let row = 0; row < this.#height; row++) {
      out.set(this.#out.subarray(row * width, (row + 1) * width), to + row * stride);
    }
  }
}
