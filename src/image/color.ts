import { chromaSize, type Picture } from "../camera/frame.ts";

/**
 * RGB to I420 and back, BT.601 full range (JFIF), in integer arithmetic only, so that the training code can
 * compute the very same bytes:
 *
 *   Y = (19595·R + 38470·G + 7471·B + 32768) >> 16
 *   U = clamp(128 + ((−11059·R − 21709·G + 32768·B + 32768) >> 16))
 *   V = clamp(128 + (( 32768·R − 27439·G −  5329·B + 32768) >> 16))
 *
 * with floor shifts and clamping to 0…255. For U and V the R, G, B of a 2×2 block are averaged first, each
 * as (sum + n/2) >> log2(n) over its n = 1, 2 or 4 existing pixels (n/2 is 0 for n = 1).
 */

/**
 * Interleaved RGB to I420.
 * @param rgb height × width × 3 bytes.
 * @param out `i420Bytes(width, height)` bytes, overwritten.
 */
export function rgbToI420(rgb: Uint8Array, width: number, height: number, out: Uint8Array): void {
  lumaFromRgb(rgb, 3, width * height, out);
  chromaFromRgb(rgb, 3, width, height, out);
}

/** The same of RGBA, height × width × 4 bytes, as a browser's canvas gives it; the fourth byte is not looked at. */
export function rgbaToI420(rgba: Uint8ClampedArray, width: number, height: number, out: Uint8Array): void {
  lumaFromRgb(rgba, 4, width * height, out);
  chromaFromRgb(rgba, 4, width, height, out);
}

type Bytes = Uint8Array | Uint8ClampedArray;

function lumaFromRgb(rgb: Bytes, pixelBytes: number, pixels: number, out: Uint8Array): void {
  for (let i = 0, at = 0; i < pixels; i++, at += pixelBytes) {
    out[i] = (19595 * rgb[at]! + 38470 * rgb[at + 1]! + 7471 * rgb[at + 2]! + 32768) >> 16;
  }
}

function chromaFromRgb(rgb: Bytes, pixelBytes: number, width: number, height: number, out: Uint8Array): void {
  const chromaWidth = chromaSize(width);
  const chromaHeight = chromaSize(height);
  const stride = width * pixelBytes;
  // Clamps to 0…255 when it is written, which costs less than two comparisons.
  const clamped = new Uint8ClampedArray(out.buffer, out.byteOffset, out.byteLength);
  let u = width * height;
  let v = u + chromaWidth * chromaHeight;
  for (let row = 0; row < chromaHeight; row++) {
    const top = 2 * row * stride;
    const down = 2 * row + 1 < height ? stride : 0;
    for (let column = 0; column < chromaWidth; column++, u++, v++) {
      const right = 2 * column + 1 < width ? pixelBytes : 0;
      const a = top + 2 * pixelBytes * column;
      // At an odd edge the missing pixels repeat the existing ones: the mean is the same as over those alone,
      // (2s + 2) >> 2 = (s + 1) >> 1 for n = 2 and (4s + 2) >> 2 = s for n = 1.
      const b = a + right;
      const c = a + down;
      const d = c + right;
      const red = (rgb[a]! + rgb[b]! + rgb[c]! + rgb[d]! + 2) >> 2;
      const green = (rgb[a + 1]! + rgb[b + 1]! + rgb[c + 1]! + rgb[d + 1]! + 2) >> 2;
      const blue = (rgb[a + 2]! + rgb[b + 2]! + rgb[c + 2]! + rgb[d + 2]! + 2) >> 2;
      clamped[u] = 128 + ((-11059 * red - 21709 * green + 32768 * blue + 32768) >> 16);
      clamped[v] = 128 + ((32768 * red - 27439 * green - 5329 * blue + 32768) >> 16);
    }
  }
}

/**
 * I420 to interleaved RGB; the four pixels of a block share their chroma sample.
 * @param out height × width × 3 bytes, overwritten; clamped, so that the loop needs no comparison.
 */
export function i420ToRgb(picture: Picture, out: Uint8ClampedArray): void {
  const { width, height, data } = picture;
  const chromaWidth = chromaSize(width);
  const firstU = width * height;
  const firstV = firstU + chromaWidth * chromaSize(height);
  for (let row = 0; row < height; row++) {
    const chromaRow = (row >> 1) * chromaWidth;
    let u = firstU + chromaRow;
    let v = firstV + chromaRow;
    let luma = row * width;
    let at = luma * 3;
    // The three offsets of a chroma sample serve two pixels of the row.
    for (let pairs = width >> 1; pairs > 0; pairs--, u++, v++, luma += 2, at += 6) {
      const blueDifference = data[u]! - 128;
      const redDifference = data[v]! - 128;
      const red = (91881 * redDifference + 32768) >> 16;
      const green = (-22554 * blueDifference - 46802 * redDifference + 32768) >> 16;
      const blue = (116130 * blueDifference + 32768) >> 16;
      const first = data[luma]!;
      const second = data[luma + 1]!;
      out[at] = first + red;
      out[at + 1] = first + green;
      out[at + 2] = first + blue;
      out[at + 3] = second + red;
      out[at + 4] = second + green;
      out[at + 5] = second + blue;
    }
    if ((width & 1) === 0) {
      continue;
    }
    const blueDifference = data[u]! - 128;
    const redDifference = data[v]! - 128;
    out[at] = data[luma]! + ((91881 * redDifference + 32768) >> 16);
    out[at + 1] = data[luma]! + ((-22554 * blueDifference - 46802 * redDifference + 32768) >> 16);
    out[at + 2] = data[luma]! + ((116130 * blueDifference + 32768) >> 16);
  }
}
