import { chromaSize, i420Bytes, type Picture, planes } from "../camera/frame.ts";
import type { Box } from "../detect/detection.ts";

/**
 * Cuts a part out of a picture, in full resolution.
 * @param part left, top, width, height in pixels of the picture; left and top are even, so that chroma is cut at the same
 *   place
 * @param old a part that nobody uses any more; its memory is used if it fits
 * @throws RangeError where the part leaves the picture, or begins at an odd pixel
 */
export function crop(picture: Picture, part: Readonly<Box>, old?: Picture): Picture {
  const [left, top, width, height] = part;
  const isInside =
    Math.min(left, top) >= 0 && left + width <= picture.width && top + height <= picture.height;
  if (!isInside || left % 2 !== 0 || top % 2 !== 0 || width < 1 || height < 1) {
    throw new RangeError(`the part ${part.join(", ")} cannot be cut from ${picture.width}×${picture.height}`);
  }
  const bytes = i420Bytes(width, height);
  const data = old?.data.length === bytes ? old.data : new Uint8Array(bytes);
  const cut: Picture = { width, height, data };
  const from = planes(picture);
  const to = planes(cut);
  cropPlane(from.y, picture.width, left, top, to.y, width);
  const [chromaStride, chromaWidth] = [chromaSize(picture.width), chromaSize(width)];
  cropPlane(from.u, chromaStride, left >> 1, top >> 1, to.u, chromaWidth);
  cropPlane(from.v, chromaStride, left >> 1, top >> 1, to.v, chromaWidth);
  return cut;
}

function cropPlane(
  from: Uint8Array,
  stride: number,
  left: number,
  top: number,
  to: Uint8Array,
  width: number,
): void {
  for (let at = 0, row = top * stride + left; at < to.length; at += width, row += stride) {
    to.set(from.subarray(row, row + width), at);
  }
}
