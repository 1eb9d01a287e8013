import { fstatSync, readSync, writeSync } from "node:fs";
import { timedHeaderBytes, timeIn } from "./timed-jpeg.ts";

/**
 * Motion JPEG in an AVI file, after Microsoft's "AVI RIFF File Reference": VLC, ffmpeg and others play it, and a frame
 * costs one JPEG, which is there anyway. AVI has one frame rate, so the header gets the mean one; the exact time of each
 * frame is in its JPEG.
 *
 *   RIFF "AVI " ┬ LIST "hdrl" ┬ avih: the whole file
 *               │             └ LIST "strl": strh, strf: the video
 *               ├ LIST "movi": a chunk "00dc" for each frame
 *               └ idx1: where each frame is
 */
const headerBytes = 224;
/** "movi", from which the index counts. */
const moviAt = headerBytes - 4;
const chunkHeaderBytes = 8;
const frameId = "00dc";
/** AVIF_HASINDEX, AVIIF_KEYFRAME */
const hasIndex = 0x10;
const isKeyFrame = 0x10;
/** Sizes are 32 bits, of which some players take the highest for a sign. */
const mostBytes = 2 ** 30;

/** One picture of a file. */
export interface ClipFrame {
  /** Milliseconds since the event began. */
  readonly sinceBeganMs: number;
  /** Where the JPEG lies in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** Writes one file. All calls wait for the disk. */
export class AviWriter {
  readonly #fd: number;
  readonly #size: { width: number; height: number };
  readonly #frames: ClipFrame[];
  #end: number;

  /**
   * @param fd open for reading and writing
   * @param frames those that are in the file already, written by another writer that did not get to its end
   */
  constructor(fd: number, size: { width: number; height: number }, frames: readonly ClipFrame[] = []) {
    this.#fd = fd;
    this.#size = size;
    this.#frames = [...frames];
    const last = frames.at(-1);
    this.#end = last === undefined ? headerBytes : paddedEnd(last);
    // Already a whole file with what is known: one that lost its end can be read up to there.
    if (last === undefined) writeFully(fd, this.#header(), 0);
  }

  /** @param jpeg with its time in it. @returns false when the file is as long as it may be */
  add(jpeg: Buffer, sinceBeganMs: number): boolean {
    if (this.#end + jpeg.length > mostBytes) return false;
    const chunk = Buffer.alloc(chunkHeaderBytes + jpeg.length + (jpeg.length % 2));
    writeChunkHeader(chunk, 0, frameId, jpeg.length);
    jpeg.copy(chunk, chunkHeaderBytes);
    writeFully(this.#fd, chunk, this.#end);
    this.#frames.push({ sinceBeganMs, offset: this.#end + chunkHeaderBytes, bytes: jpeg.length });
    this.#end += chunk.length;
    return true;
  }

  /** Writes index and header. @returns bytes of the file; 0 when it has no frame */
  finish(): number {
    if (this.#frames.length === 0) return 0;
    const index = Buffer.alloc(chunkHeaderBytes + 16 * this.#frames.length);
    writeChunkHeader(index, 0, "idx1", index.length - chunkHeaderBytes);
    for (const [i, { offset, bytes }] of this.#frames.entries()) {
      const at = chunkHeaderBytes + 16 * i;
      index.write(frameId, at, "latin1");
      index.writeUInt32LE(isKeyFrame, at + 4);
      index.writeUInt32LE(offset - chunkHeaderBytes - moviAt, at + 8);
      index.writeUInt32LE(bytes, at + 12);
    }
    writeFully(this.#fd, index, this.#end);
    writeFully(this.#fd, this.#header(index.length), 0);
    return this.#end + index.length;
  }

  #header(indexBytes = 0): Buffer {
    const { width, height } = this.#size;
    const count = this.#frames.length;
    const lastMs = this.#frames.at(-1)?.sinceBeganMs ?? 0;
    const spanMs = lastMs - (this.#frames[0]?.sinceBeganMs ?? 0);
    const periodUs = count > 1 && spanMs > 0 ? Math.round((1000 * spanMs) / (count - 1)) : 1_000_000;
    const largest = this.#frames.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    const header = Buffer.alloc(headerBytes);
    writeListHeader(header, 0, "RIFF", this.#end + indexBytes - 8, "AVI ");
    writeListHeader(header, 12, "LIST", 192, "hdrl");
    writeChunkHeader(header, 24, "avih", 56);
    header.writeUInt32LE(periodUs, 32);
    header.writeUInt32LE(hasIndex, 44);
    header.writeUInt32LE(count, 48);
    header.writeUInt32LE(1, 56);
    header.writeUInt32LE(largest, 60);
    header.writeUInt32LE(width, 64);
    header.writeUInt32LE(height, 68);
    writeListHeader(header, 88, "LIST", 116, "strl");
    writeChunkHeader(header, 100, "strh", 56);
    header.write("vidsMJPG", 108, "latin1");
    // Rate and scale: frames a second as a fraction.
    header.writeUInt32LE(periodUs, 128);
    header.writeUInt32LE(1_000_000, 132);
    header.writeUInt32LE(count, 140);
    header.writeUInt32LE(largest, 144);
    header.writeInt32LE(-1, 148);
    header.writeUInt16LE(width, 160);
    header.writeUInt16LE(height, 162);
    writeChunkHeader(header, 164, "strf", 40);
    header.writeUInt32LE(40, 172);
    header.writeUInt32LE(width, 176);
    header.writeUInt32LE(height, 180);
    header.writeUInt16LE(1, 184);
    header.writeUInt16LE(24, 186);
    header.write("MJPG", 188, "latin1");
    header.writeUInt32LE(width * height * 3, 192);
    writeListHeader(header, 212, "LIST", this.#end - moviAt, "movi");
    return header;
  }
}

/** What a file of `AviWriter` holds, also one that lost its end: the frames that are whole. */
export function readAvi(fd: number): { width: number; height: number; frames: ClipFrame[] } | null {
  const { size } = fstatSync(fd);
  const header = Buffer.alloc(headerBytes);
  if (readSync(fd, header, 0, headerBytes, 0) < headerBytes) return null;
  if (header.toString("latin1", moviAt, headerBytes) !== "movi") return null;
  const frames: ClipFrame[] = [];
  const start = Buffer.alloc(chunkHeaderBytes + timedHeaderBytes);
  for (let at = headerBytes; at + chunkHeaderBytes < size; ) {
    const read = readSync(fd, start, 0, start.length, at);
    const bytes = start.readUInt32LE(4);
    if (read < start.length || start.toString("latin1", 0, 4) !== frameId) break;
    const sinceBeganMs = timeIn(start.subarray(chunkHeaderBytes));
    // After a power cut, space may be there that was never written.
    if (sinceBeganMs === null || at + chunkHeaderBytes + bytes > size) break;
    const frame = { sinceBeganMs, offset: at + chunkHeaderBytes, bytes };
    frames.push(frame);
    at = paddedEnd(frame);
  }
  return { width: header.readUInt32LE(64), height: header.readUInt32LE(68), frames };
}

/** Chunks begin at even places. */
function paddedEnd({ offset, bytes }: ClipFrame): number {
  return offset + bytes + (bytes % 2);
}

function writeChunkHeader(to: Buffer, at: number, id: string, bytes: number): void {
  to.write(id, at, "latin1");
  to.writeUInt32LE(bytes, at + 4);
}

function writeListHeader(to: Buffer, at: number, id: string, bytes: number, type: string): void {
  writeChunkHeader(to, at, id, bytes);
  to.write(type, at + 8, "latin1");
}

/** One call may take less than all. */
function writeFully(fd: number, data: Buffer, position: number): void {
  for (let written = 0; written < data.length; ) {
    written += writeSync(fd, data, written, data.length - written, position + written);
  }
}
