import { XnorcamError } from "../errors.ts";
import { i420Bytes, type Picture } from "./frame.ts";

/** No header line of ours is longer; without a limit, a stream without line ends would be collected whole. */
const maxLineBytes = 1024;

/**
 * The frames of a YUV4MPEG2 stream with 4:2:0 sampling. All are the same object with the same bytes, which the
 * next frame overwrites. A frame that breaks off ends the stream.
 * @throws XnorcamError XC_FFMPEG_FAILED when it is another kind of stream.
 */
export async function* readY4m(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Picture, void> {
  const bytes = new ByteReader(chunks);
  const header = await bytes.line();
  if (header === null) return;
  const { width, height } = sizeOf(header);
  const picture = { width, height, data: new Uint8Array(i420Bytes(width, height)) };
  for (;;) {
    const marker = await bytes.line();
    if (marker === null) return;
    if (!marker.startsWith("FRAME")) throw notY4m(marker);
    if (!(await bytes.fill(picture.data))) return;
    yield picture;
  }
}

/** "YUV4MPEG2 W640 H360 F5:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL" */
function sizeOf(header: string): { width: number; height: number } {
  const [magic, ...fields] = header.split(" ");
  const field = (letter: string) => fields.find((text) => text.startsWith(letter))?.slice(1);
  const width = Number(field("W"));
  const height = Number(field("H"));
  const isSize = Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0;
  if (magic !== "YUV4MPEG2" || !isSize || !(field("C") ?? "420").startsWith("420")) throw notY4m(header);
  return { width, height };
}

function notY4m(line: string): XnorcamError {
  const shown = JSON.stringify(line.slice(0, 60));
  return new XnorcamError(
    "XC_FFMPEG_FAILED",
    `ffmpeg sent ${shown} where a YUV4MPEG2 4:2:0 stream was expected`,
  );
}

/** Reads lines and blocks from chunks of any size, one chunk in memory at a time. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The text up to the next line feed, null where the stream ends first. */
  async line(): Promise<string | null> {
    let text = "";
    while (text.length <= maxLineBytes) {
      const end = this.#chunk.indexOf(0x0a, this.#at);
      const piece = this.#chunk.subarray(this.#at, end === -1 ? undefined : end);
      text += Buffer.from(piece).toString("latin1", 0, maxLineBytes + 1);
      if (end !== -1) {
        this.#at = end + 1;
        return text;
      }
      if (!(await this.#nextChunk())) return null;
    }
    throw notY4m(text);
  }

  /** Fills `target`. @returns false where the stream ends first. */
  async fill(target: Uint8Array): Promise<boolean> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#at === this.#chunk.length && !(await this.#nextChunk())) return false;
      const piece = this.#chunk.subarray(this.#at, this.#at + target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      this.#at += piece.length;
    }
    return true;
  }

  async #nextChunk(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done) return false;
    this.#chunk = value;
    this.#at = 0;
    return true;
  }
}
