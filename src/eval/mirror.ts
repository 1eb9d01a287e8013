import { chromaSize, type Picture, planes } from "../camera/frame.ts";
import type { Box } from "../detect/detection.ts";

/** Side of the thumbnails that are compared. */
const side = 32;

/** A frame is taken for mirrored when its mirror image differs from the last frame by so much less than itself. */
const clearly = 0.75;

/** The picture with left and right exchanged. */
export function mirrored(picture: Picture): Picture {
  const { width, height } = picture;
  const data = new Uint8Array(picture.data.length);
  const copy = { width, height, data };
  const from = planes(picture);
  const to = planes(copy);
  for (const [name, columns] of [
    ["y", width],
    ["u", chromaSize(width)],
    ["v", chromaSize(width)],
  ] as const) {
    for (let row = 0; row < from[name].length; row += columns) {
      to[name].set(from[name].slice(row, row + columns).reverse(), row);
    }
  }
  return copy;
}

/** A box of a picture of this width, in its mirror image. */
export function mirroredBox([left, top, width, height]: Box, pictureWidth: number): Box {
  return [pictureWidth - left - width, top, width, height];
}

/** Tells the frames of a clip that were mirrored to have more to train on: no camera turns over between two frames. */
export class MirrorWatch {
  #last: Float32Array | null = null;

  /** Takes the next frame. @returns whether it is to be mirrored to look the same way as those before. */
  isMirrored(picture: Picture): boolean {
    const thumbnail = thumbnailOf(picture);
    const reversed = thumbnailOf(mirrored(picture));
    const last = this.#last;
    const turned = last !== null && difference(reversed, last) < clearly * difference(thumbnail, last);
    this.#last = turned ? reversed : thumbnail;
    return turned;
  }
}

/** Mean luma of `side` × `side` parts. */
function thumbnailOf({ width, height, data }: Picture): Float32Array {
  const sums = new Float32Array(side * side);
  const counts = new Float32Array(side * side);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const part = Math.floor((y * side) / height) * side + Math.floor((x * side) / width);
      sums[part]! += data[y * width + x]!;
      counts[part]!++;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0);
}
