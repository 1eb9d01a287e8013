import { i420Bytes, type Picture } from "../../../src/camera/frame.ts";
import { rgbaToI420 } from "../../../src/image/color.ts";

/** The network sees a fraction of that; a photo of a phone's has ten times as many pixels. */
const longestSide = 1280;

/** Reads pictures of the browser as the detector wants them, its memory kept while they have one size. */
export class PixelReader {
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #context = this.#canvas.getContext("2d", { alpha: false, willReadFrequently: true })!;
  #picture: Picture = { width: 1, height: 1, data: new Uint8Array(i420Bytes(1, 1)) };

  /** @returns the picture as planes of YUV, a large one made smaller; overwritten by the next call */
  read(bitmap: ImageBitmap): Picture {
    const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    if (this.#picture.width !== width || this.#picture.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#context.imageSmoothingQuality = "high";
      this.#picture = { width, height, data: new Uint8Array(i420Bytes(width, height)) };
    }
    this.#context.drawImage(bitmap, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    rgbaToI420(data, width, height, this.#picture.data);
    return this.#picture;
  }
}
