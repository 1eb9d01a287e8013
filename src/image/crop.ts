import { chromaSize, i420Bytes, type Picture, planes } from "../camera/frame.ts";
import type { Box } from "../detect/detection.ts";

/**
 * Cuts a part out of a picture, in full resolution.
 * @param part left, top, width, height in pixels of the picture, which it does not leave; left and top are even, so that
 *   chroma is cut at the same place
 * @param data for the result, reused; `i420Bytes` of the part, or a new one is made
 */
export function crop(
  picture: Picture,
  [left, top, width, height]: Readonly<Box>,
  data?: Uint8Array,
): Picture {
  const bytes = i420Bytes(width, height);
  const part: Picture = { width, height, data: data?.length === bytes ? data : new Uint8Array(bytes) };
  const from = planes(picture);
  const to = planes(part);
  cropPlane(from.y, picture.width, left, top, to.y, width);
  const [chromaStride, chromaWidth] = [chromaSize(picture.width), chromaSize(width)];
  cropPlane(from.u, chromaStride, left >> 1, top >> 1, to.u, chromaWidth);
  cropPlane(from.v, chromaStride, left >> 1, top >> 1, to.v, chromaWidth);
  return part;
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
