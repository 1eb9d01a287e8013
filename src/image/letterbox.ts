import { chromaSize, type Picture } from "../camera/frame.ts";
import type { Box } from "../detect/detection.ts";
import { createResampler, type Resampler, type ResamplerFactory, triangleTaps } from "./resample.ts";

/** What stands around the picture in the network's input: mid-gray, in Y, U and V alike. */
const padding = 128;

/** What the network's input can be. */
export interface InputLimits {
  /** Pixels, of the largest window. */
  readonly width: number;
  readonly height: number;
  /** Smaller windows have sides that are multiples of this; absent: the input is always the largest window. */
  readonly multiple?: number;
}

/**
 * Where a picture lies in the network's input. The input is a window of about the picture's shape: to a network of
 * convolutions each row of padding is work like any other. So 4:3 runs in 224×160 of 224×224, 7 % smaller than it could
 * be, at 71 % of the work. All sizes in pixels.
 */
export class LetterboxGeometry {
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** Size of the network's input. */
  readonly windowWidth: number;
  readonly windowHeight: number;
  /** Size of the picture within the input. */
  readonly contentWidth: number;
  readonly contentHeight: number;
  /** Padding left of and above the picture. */
  readonly left: number;
  readonly top: number;
  /** Input pixels per picture pixel, before rounding to whole pixels. */
  readonly scale: number;

  constructor(pictureWidth: number, pictureHeight: number, { width, height, multiple }: InputLimits) {
    this.pictureWidth = pictureWidth;
    this.pictureHeight = pictureHeight;
    const largest = Math.min(width / pictureWidth, height / pictureHeight);
    this.windowWidth = windowSize(pictureWidth * largest, multiple, width);
    this.windowHeight = windowSize(pictureHeight * largest, multiple, height);
    this.scale = Math.min(this.windowWidth / pictureWidth, this.windowHeight / pictureHeight);
    this.contentWidth = contentSize(pictureWidth, this.scale, this.windowWidth);
    this.contentHeight = contentSize(pictureHeight, this.scale, this.windowHeight);
    this.left = (this.windowWidth - this.contentWidth) >> 1;
    this.top = (this.windowHeight - this.contentHeight) >> 1;
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

function windowSize(content: number, multiple: number | undefined, limit: number): number {
  if (multiple === undefined) return limit;
  return Math.min(limit, Math.max(1, Math.floor(content / multiple + 0.5)) * multiple);
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(0, value));
}

/** Everything that depends on the size of the picture, kept while pictures of the same size follow. */
interface Plan {
  readonly geometry: LetterboxGeometry;
  readonly luma: Resampler;
  readonly chroma: Resampler;
}

/**
 * Fits a picture into the network's input, whole and in its aspect ratio, the rest gray. Integer arithmetic
 * throughout, because the training code computes the very same bytes:
 *
 *   largest = min(W / w, H / h)
 *   windowW = min(W, the multiple next to w · largest, at least one), windowH likewise
 *   scale = min(windowW / w, windowH / h)
 *   contentW = clamp(floor(w · scale + 0.5), 1, windowW), contentH likewise
 *   left = (windowW − contentW) >> 1, top likewise; padding is 128 in all three planes
 *
 * Each plane, luma w × h and chroma ceil(w/2) × ceil(h/2), is resampled by itself to contentW × contentH with
 * the taps of `triangleTaps`, first along x to whole bytes, then along y, each time (Σ q·x + 2048) >> 12.
 */
export class Letterbox {
  readonly limits: InputLimits;
  readonly #createResampler: ResamplerFactory;
  #plan: Plan | undefined;

  constructor(limits: InputLimits, resamplerFactory: ResamplerFactory = createResampler) {
    this.limits = limits;
    this.#createResampler = resamplerFactory;
  }

  /**
   * Where pictures of this size lie in the input, and how large it is; the same object while the size stays the same.
   */
  geometryOf(pictureWidth: number, pictureHeight: number): LetterboxGeometry {
    return this.#planFor(pictureWidth, pictureHeight).geometry;
  }

  /**
   * Allocates nothing while the size of the pictures stays the same.
   * @param out 3 × windowHeight × windowWidth bytes: planes Y, U, V, all in full size.
   * @returns as `geometryOf`
   */
  apply(picture: Picture, out: Uint8Array): LetterboxGeometry {
    const { geometry, luma, chroma } = this.#planFor(picture.width, picture.height);
    const { windowWidth, windowHeight, contentWidth, contentHeight, left, top } = geometry;
    const plane = windowWidth * windowHeight;
    if (out.length !== 3 * plane) {
      throw new RangeError(`the input has ${out.length} bytes, the window of the picture ${3 * plane}`);
    }
    if (contentWidth < windowWidth || contentHeight < windowHeight) out.fill(padding);
    const lumaBytes = picture.width * picture.height;
    const chromaBytes = chromaSize(picture.width) * chromaSize(picture.height);
    const to = top * windowWidth + left;
    luma.resample(picture.data, 0, out, to, windowWidth);
    chroma.resample(picture.data, lumaBytes, out, plane + to, windowWidth);
    chroma.resample(picture.data, lumaBytes + chromaBytes, out, 2 * plane + to, windowWidth);
    return geometry;
  }

  #planFor(pictureWidth: number, pictureHeight: number): Plan {
    const current = this.#plan;
    if (current?.geometry.pictureWidth === pictureWidth && current.geometry.pictureHeight === pictureHeight) {
      return current;
    }
    const geometry = new LetterboxGeometry(pictureWidth, pictureHeight, this.limits);
    const { contentWidth, contentHeight } = geometry;
    const resampler = (width: number, height: number) =>
      this.#createResampler(triangleTaps(width, contentWidth), triangleTaps(height, contentHeight));
    this.#plan = {
      geometry,
      luma: resampler(pictureWidth, pictureHeight),
      chroma: resampler(chromaSize(pictureWidth), chromaSize(pictureHeight)),
    };
    return this.#plan;
  }
}
