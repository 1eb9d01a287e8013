import { chromaSize, type Picture } from "../camera/frame.ts";
import type { Box } from "../detect/detection.ts";
import { resampleColumns, resampleRows, type Taps, triangleTaps } from "./resample.ts";

/** What stands around the picture in the network's input: mid-gray, in Y, U and V alike. */
const padding = 128;

/** Where a picture lies in the network's input. All sizes in pixels. */
export class LetterboxGeometry {
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** Size of the picture within the input. */
  readonly contentWidth: number;
  readonly contentHeight: number;
  /** Padding left of and above the picture. */
  readonly left: number;
  readonly top: number;
  /** Input pixels per picture pixel, before rounding to whole pixels. */
  readonly scale: number;

  constructor(pictureWidth: number, pictureHeight: number, inputWidth: number, inputHeight: number) {
    this.pictureWidth = pictureWidth;
    this.pictureHeight = pictureHeight;
    this.scale = Math.min(inputWidth / pictureWidth, inputHeight / pictureHeight);
    this.contentWidth = contentSize(pictureWidth, this.scale, inputWidth);
    this.contentHeight = contentSize(pictureHeight, this.scale, inputHeight);
    this.left = (inputWidth - this.contentWidth) >> 1;
    this.top = (inputHeight - this.contentHeight) >> 1;
  }

  /**
   * A box of the network's input in pixels of the picture, by the exact ratio of each axis, clipped to the
   * picture. A box that lies wholly in the padding comes back with a width or height of 0.
   */
  toPicture(box: Readonly<Box>): Box {
    const scaleX = this.pictureWidth / this.contentWidth;
    const scaleY = this.pictureHeight / this.contentHeight;
    const left = clamp((box[0] - this.left) * scaleX, this.pictureWidth);
    const top = clamp((box[1] - this.top) * scaleY, this.pictureHeight);
    const right = clamp((box[0] + box[2] - this.left) * scaleX, this.pictureWidth);
    const bottom = clamp((box[1] + box[3] - this.top) * scaleY, this.pictureHeight);
    return [left, top, right - left, bottom - top];
  }
}

function contentSize(size: number, scale: number, limit: number): number {
  return Math.min(limit, Math.max(1, Math.floor(size * scale + 0.5)));
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(0, value));
}

/** Everything that depends on the size of the picture, kept while pictures of the same size follow. */
interface Plan {
  readonly geometry: LetterboxGeometry;
  readonly lumaX: Taps;
  readonly lumaY: Taps;
  readonly chromaX: Taps;
  readonly chromaY: Taps;
  /** [pictureHeight × contentWidth] a plane that is resampled along x only. */
  readonly rows: Uint8Array;
  /** [contentWidth] */
  readonly sums: Int32Array;
}

/**
 * Fits a picture into the network's input, whole and in its aspect ratio, the rest gray. Integer arithmetic
 * throughout, because the training code computes the very same bytes:
 *
 *   scale = min(W / w, H / h)
 *   contentW = clamp(floor(w · scale + 0.5), 1, W), contentH likewise
 *   left = (W − contentW) >> 1, top likewise; padding is 128 in all three planes
 *
 * Each plane, luma w × h and chroma ceil(w/2) × ceil(h/2), is resampled by itself to contentW × contentH with
 * the taps of `triangleTaps`, first along x to whole bytes, then along y, each time (Σ q·x + 2048) >> 12.
 */
export class Letterbox {
  readonly width: number;
  readonly height: number;
  #plan: Plan | undefined;

  /** @param width, height of the network's input, pixels. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
  }

  /**
   * Allocates nothing while the size of the pictures stays the same.
   * @param out 3 × height × width bytes: planes Y, U, V, all in full size.
   * @returns where the picture lies in `out`; the same object while the size of the pictures stays the same.
   */
  apply(picture: Picture, out: Uint8Array): LetterboxGeometry {
    const plan = this.#planFor(picture.width, picture.height);
    const { contentWidth, contentHeight } = plan.geometry;
    if (contentWidth < this.width || contentHeight < this.height) {
      out.fill(padding);
    }
    const { lumaX, lumaY, chromaX, chromaY } = plan;
    const firstU = picture.width * picture.height;
    const firstV = firstU + chromaX.inSize * chromaY.inSize;
    this.#resample(picture.data, 0, lumaX, lumaY, plan, out, 0);
    this.#resample(picture.data, firstU, chromaX, chromaY, plan, out, 1);
    this.#resample(picture.data, firstV, chromaX, chromaY, plan, out, 2);
    return plan.geometry;
  }

  /** One plane, from index `from` of `data` to plane number `plane` of `out`. */
  #resample(
    data: Uint8Array,
    from: number,
    x: Taps,
    y: Taps,
    plan: Plan,
    out: Uint8Array,
    plane: number,
  ): void {
    const { geometry, rows, sums } = plan;
    resampleRows(data, from, y.inSize, x, rows);
    const to = (plane * this.height + geometry.top) * this.width + geometry.left;
    resampleColumns(rows, x.outSize, y, sums, out, to, this.width);
  }

  #planFor(pictureWidth: number, pictureHeight: number): Plan {
    const current = this.#plan;
    if (current?.geometry.pictureWidth === pictureWidth && current.geometry.pictureHeight === pictureHeight) {
      return current;
    }
    const geometry = new LetterboxGeometry(pictureWidth, pictureHeight, this.width, this.height);
    const { contentWidth, contentHeight } = geometry;
    this.#plan = {
      geometry,
      lumaX: triangleTaps(pictureWidth, contentWidth),
      lumaY: triangleTaps(pictureHeight, contentHeight),
      chromaX: triangleTaps(chromaSize(pictureWidth), contentWidth),
      chromaY: triangleTaps(chromaSize(pictureHeight), contentHeight),
      rows: new Uint8Array(pictureHeight * contentWidth),
      sums: new Int32Array(contentWidth),
    };
    return this.#plan;
  }
}
