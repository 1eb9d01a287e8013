import { readdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/**
 * A moving pattern that checks itself: bytes 0–3 are the number of the frame, bytes 4–7 the CRC-32 of all that
 * follow, little endian. Nothing can be missing, doubled or shifted unnoticed.
 */
export function pattern(width, height) {
  const data = Buffer.alloc((width * height * 3) / 2);
  return (number) => {
    for (let at = 8; at < data.length; at++) data[at] = at + (at >> 8) + 7 * number;
    data.writeUInt32LE(number, 0);
    data.writeUInt32LE(crc32(data.subarray(8)), 4);
    return data;
  };
}

/** The pictures of a folder, one after the other, cut to size; each is read when it is shown for the first time. */
export async function pictures(folder, width, height) {
  const { default: sharp } = await import("sharp");
  const names = readdirSync(folder)
    .sort()
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name));
  const read = async (name) => {
    const scaled = sharp(join(folder, name)).resize(width, height).removeAlpha().toColorspace("srgb");
    return fromRgb(await scaled.raw().toBuffer(), width, height);
  };
  const frames = new Map();
  return async (number) => {
    const name = names[number % names.length];
    if (!frames.has(name)) frames.set(name, await read(name));
    return frames.get(name);
  };
}

/** BT.601, full range. */
function fromRgb(rgb, width, height) {
  const data = Buffer.alloc((width * height * 3) / 2);
  const u = width * height;
  const v = u + u / 4;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const r = rgb[3 * at];
      const g = rgb[3 * at + 1];
      const b = rgb[3 * at + 2];
      data[at] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
      if (x % 2 === 1 || y % 2 === 1) continue;
      const chroma = ((y / 2) * width) / 2 + x / 2;
      data[u + chroma] = Math.min(255, Math.round(128 - 0.1687 * r - 0.3313 * g + 0.5 * b));
      data[v + chroma] = Math.min(255, Math.round(128 + 0.5 * r - 0.4187 * g - 0.0813 * b));
    }
  }
  return data;
}

/** As the image processor writes it: rows of luma at multiples of 64 bytes, of chroma at half of that. */
export function padded(width, height) {
  const stride = Math.ceil(width / 64) * 64;
  // Not zero: who takes padding for picture shall notice.
  const out = Buffer.alloc((stride * height * 3) / 2, 0xa5);
  return (data) => {
    let from = 0;
    let to = 0;
    const copyRows = (rows, rowBytes, rowStride) => {
      for (let row = 0; row < rows; row++, from += rowBytes, to += rowStride) {
        data.copy(out, to, from, from + rowBytes);
      }
    };
    copyRows(height, width, stride);
    copyRows(height, width / 2, stride / 2);
    return out;
  };
}
