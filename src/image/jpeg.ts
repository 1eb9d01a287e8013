import type { Picture } from "../camera/frame.ts";
import { i420ToRgb } from "./color.ts";
import { halve } from "./halve.ts";
import { sharp } from "./sharp.ts";

/**
 * I420 to JPEG. Keep one encoder for each stream, so that its RGB buffer is reused.
 *
 * The picture is read before `encode` returns its promise; its bytes may change afterwards. sharp, however,
 * reads the RGB buffer from another thread until the promise settles. A call that comes earlier therefore takes
 * a second buffer, and the encoder keeps one of them for later.
 */
export class JpegEncoder {
  readonly #quality: number;
  #idleRgb: Uint8ClampedArray | undefined;
  #half: Uint8Array | undefined;

  /** @param quality 1 … 100. */
  constructor(quality = 80) {
    this.#quality = quality;
  }

  /** @param divisor 2 halves width and height first */
  async encode(original: Picture, divisor: 1 | 2 = 1): Promise<Buffer> {
    const picture = divisor === 1 ? original : halve(original, this.#half);
    if (divisor === 2) this.#half = picture.data;
    const { width, height } = picture;
    const rgb = this.#takeBuffer(width * height * 3);
    i420ToRgb(picture, rgb);
    try {
      // Optimized Huffman tables would save some 5 % of the bytes and cost a second pass over the picture.
      return await sharp(rgb, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: this.#quality, chromaSubsampling: "4:2:0", optimizeCoding: false })
        .toBuffer();
    } finally {
      this.#idleRgb = rgb;
    }
  }

  #takeBuffer(bytes: number): Uint8ClampedArray {
    const idle = this.#idleRgb;
    this.#idleRgb = undefined;
    return idle?.length === bytes ? idle : new Uint8ClampedArray(bytes);
  }
}
