import { chromaSize, i420Bytes, type Picture } from "./frame.ts";

/** The Pi's image processor wants the rows of U and V at multiples of 32 bytes, so those of Y at twice that. */
const strideBytes = 64;

interface Plane {
  readonly rows: number;
  /** Bytes of a row that are picture. */
  readonly rowBytes: number;
  /** Bytes from the start of a row to that of the next. */
  readonly stride: number;
}

/**
 * Puts a picture together from the pieces in which `rpicam-vid --codec yuv420` sends it through a pipe, and
 * leaves out the padding at the end of each row. The only copy of a frame on its way to the detector, into memory that is
 * there from the start.
 */
export class PaddedFrame {
  #picture: Picture;
  readonly #planes: readonly Plane[];
  #plane = 0;
  #row = 0;
  #column = 0;
  #written = 0;

  /** @param width, height even */
  constructor(width: number, height: number) {
    // Shared, so that the detector's thread can take the picture as it is.
    this.#picture = { width, height, data: new Uint8Array(new SharedArrayBuffer(i420Bytes(width, height))) };
    this.#planes = planesOf(width, height);
  }

  /** The same object for every frame, unless its memory is exchanged. */
  get picture(): Picture {
    return this.#picture;
  }

  /** The next picture comes into this memory, of the same size. */
  exchange(memory: SharedArrayBuffer): void {
    const { width, height } = this.#picture;
    this.#picture = { width, height, data: new Uint8Array(memory, 0, i420Bytes(width, height)) };
  }

  /** Bytes of a frame, padding included. */
  get paddedBytes(): number {
    return this.#planes.reduce((sum, { rows, stride }) => sum + rows * stride, 0);
  }

  /** `picture` is whole, until the next byte is taken. */
  get isComplete(): boolean {
    return this.#plane === this.#planes.length;
  }

  /** Takes bytes of `chunk` from `at` on, up to the end of the frame. Returns where the next frame's bytes begin. */
  take(chunk: Buffer, at: number): number {
    if (this.isComplete) this.clear();
    let from = at;
    for (let plane = this.#planes[this.#plane]; plane !== undefined && from < chunk.length; ) {
      const isPicture = this.#column < plane.rowBytes;
      const left = (isPicture ? plane.rowBytes : plane.stride) - this.#column;
      const taken = Math.min(left, chunk.length - from);
      if (isPicture) {
        chunk.copy(this.#picture.data, this.#written, from, from + taken);
        this.#written += taken;
      }
      from += taken;
      this.#column += taken;
      if (this.#column < plane.stride) continue;
      this.#column = 0;
      this.#row++;
      if (this.#row < plane.rows) continue;
      this.#row = 0;
      this.#plane++;
      plane = this.#planes[this.#plane];
    }
    return from;
  }

  /** The next byte is the first one of a frame. */
  clear(): void {
    this.#plane = 0;
    this.#row = 0;
    this.#column = 0;
    this.#written = 0;
  }
}

function planesOf(width: number, height: number): Plane[] {
  const stride = Math.ceil(width / strideBytes) * strideBytes;
  // Without padding the whole frame is one long row: a few large copies in place of a thousand small ones.
  if (stride === width) {
    const bytes = i420Bytes(width, height);
    return [{ rows: 1, rowBytes: bytes, stride: bytes }];
  }
  const chroma = { rows: chromaSize(height), rowBytes: chromaSize(width), stride: stride / 2 };
  return [{ rows: height, rowBytes: width, stride }, chroma, chroma];
}
