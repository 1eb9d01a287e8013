import { chromaSize, i420Bytes, type Picture, planes } from "../camera/frame.ts";

/**
 * Half the width and half the height: each sample is the mean of four, at odd edges of those that are there.
 * @param data for the result, reused; `i420Bytes` of the halved size, or a new one is made
 */
export function halve(picture: Picture, data?: Uint8Array): Picture {
  const width = chromaSize(picture.width);
  const height = chromaSize(picture.height);
  const bytes = i420Bytes(width, height);
  const small: Picture = { width, height, data: data?.length === bytes ? data : new Uint8Array(bytes) };
  const from = planes(picture);
  const to = planes(small);
  halvePlane(from.y, picture.width, picture.height, to.y);
  const [chromaWidth, chromaHeight] = [chromaSize(picture.width), chromaSize(picture.height)];
  halvePlane(from.u, chromaWidth, chromaHeight, to.u);
  halvePlane(from.v, chromaWidth, chromaHeight, to.v);
  return small;
}

function halvePlane(from: Uint8Array, width: number, height: number, to: Uint8Array): void {
  let at = 0;
  for (let y = 0; y < height; y += 2) {
    const upper = y * width;
    const lower = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x += 2) {
      const right = x + 1 < width ? x + 1 : x;
      const sum = from[upper + x]! + from[upper + right]! + from[lower + x]! + from[lower + right]!;
      to[at++] = (sum + 2) >> 2;
    }
  }
}
