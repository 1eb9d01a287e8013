import { crc32 } from "node:zlib";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";

/** The number that the stand-in camera gave the frame, or null for a frame that is not as it was sent. */
export function patternNumber({ width, height, data }: Picture): number | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const isWhole =
    data.length === i420Bytes(width, height) && bytes.readUInt32LE(4) === crc32(data.subarray(8));
  return isWhole ? bytes.readUInt32LE(0) : null;
}
