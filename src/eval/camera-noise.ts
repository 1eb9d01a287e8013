import { chromaSize, i420Bytes, type Picture } from "../camera/frame.ts";
import { randomFrom } from "../random.ts";

/** Standard deviation of the noise, of 255: a Pi camera in a lit room. Chroma is averaged over four pixels. */
const lumaStd = 3;
const chromaStd = 1.5;

const sampleBits = 12;

/**
 * Makes of one picture what a camera that stands still would deliver, frame by frame: Gaussian noise on the planes,
 * and up to a pixel of jitter. The same seed gives the same frames.
 */
export class CameraNoise {
  readonly #random: () => number;
  /** Drawn once; a frame has a hundred thousand samples, and none needs a logarithm of its own. */
  readonly #normal: Float32Array;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#normal = Float32Array.from({ length: 1 << sampleBits }, () => this.#gaussian());
  }

  /** The next frame; `picture` stays as it is. */
  frame({ width, height, data }: Picture): Picture {
    const out = new Uint8Array(i420Bytes(width, height));
    const dx = Math.floor(this.#random() * 3) - 1;
    const dy = Math.floor(this.#random() * 3) - 1;
    const luma = width * height;
    const columns = chromaSize(width);
    const rows = chromaSize(height);
    const area = columns * rows;
    this.#plane(data.subarray(0, luma), out.subarray(0, luma), width, dx, dy, lumaStd);
    // A pixel of luma is half of one of chroma; the planes stay where they are, as a sensor's color filter does.
    for (const start of [luma, luma + area]) {
      this.#plane(
        data.subarray(start, start + area),
        out.subarray(start, start + area),
        columns,
        0,
        0,
        chromaStd,
      );
    }
    return { width, height, data: out };
  }

  #plane(source: Uint8Array, out: Uint8Array, width: number, dx: number, dy: number, std: number): void {
    const height = source.length / width;
    const clamped = new Uint8ClampedArray(out.buffer, out.byteOffset, out.byteLength);
    for (let y = 0; y < height; y++) {
      const row = Math.min(height - 1, Math.max(0, y + dy)) * width;
      for (let x = 0; x < width; x++) {
        const column = Math.min(width - 1, Math.max(0, x + dx));
        const noise = this.#normal[Math.floor(this.#random() * (1 << sampleBits))]!;
        clamped[y * width + x] = source[row + column]! + noise * std;
      }
    }
  }

  /** Box and Muller 1958. */
  #gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}
