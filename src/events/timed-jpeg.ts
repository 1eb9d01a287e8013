/**
 * A clip is a row of JPEGs, each with its time in a comment of its own (segment COM of ITU-T T.81, B.2.4.5), directly
 * after the marker that begins it: so a file that lost its end still says when each picture was taken.
 */
const startOfImage = 0xffd8;
const comment = 0xfffe;
const mark = "xnorcam ms=";
/** Marker and length, the mark, and as many digits as a time has. */
const longestHeader = 48;

/** Bytes from the start of a JPEG in which its time is. */
export const timedHeaderBytes = longestHeader;

/** The JPEG with its time in it. @param sinceBeganMs whole milliseconds, may be negative */
export function withTime(jpeg: Uint8Array, sinceBeganMs: number): Buffer {
  const text = Buffer.from(`${mark}${sinceBeganMs}`, "latin1");
  const head = Buffer.alloc(6);
  head.writeUInt16BE(startOfImage, 0);
  head.writeUInt16BE(comment, 2);
  head.writeUInt16BE(2 + text.length, 4);
  return Buffer.concat([head, text, jpeg.subarray(2)]);
}

/** The time in a JPEG that `withTime` made; null in any other. @param start its first bytes, 48 suffice */
export function timeIn(start: Buffer): number | null {
  if (start.length < 6 || start.readUInt16BE(0) !== startOfImage || start.readUInt16BE(2) !== comment) {
    return null;
  }
  const text = start.toString("latin1", 6, 4 + start.readUInt16BE(4));
  return text.startsWith(mark) && /^-?\d+$/.test(text.slice(mark.length))
    ? Number(text.slice(mark.length))
    : null;
}
