import { i420Bytes, type Picture } from "../camera/frame.ts";
import type { SeenObject } from "./open-event.ts";

/** A frame that may become part of clips. */
export interface KeptFrame {
  /** Counts up from 0. */
  readonly number: number;
  readonly atMs: number;
  readonly width: number;
  readonly height: number;
  readonly seen: readonly SeenObject[];
  /** Made for viewers anyway, or for the first clip that wants it; null until then. It resolves to null where it failed. */
  jpeg: Promise<Uint8Array | null> | null;
  /** The frame as it came; null when there is a JPEG. */
  picture: Picture | null;
}

/** Bytes of a JPEG for those of a frame, roughly: it is not made yet when it is counted. */
const jpegShare = 0.15;

/**
 * The newest frames, for as long as the pre-roll and within a limit of memory. While nobody watches they are kept as
 * they came: copying one costs a Pi Zero a few milliseconds, a JPEG ten times that, for every frame of the day. Where
 * the memory does not hold all frames of the pre-roll, it holds fewer of each second.
 */
export class FrameRing {
  readonly #maxMs: number;
  readonly #maxBytes: number;
  readonly #frames: KeptFrame[] = [];
  /** Memory of frames that are gone, to be used again. */
  readonly #free: Uint8Array[] = [];
  #bytes = 0;
  #nextNumber = 0;

  /**
   * @param maxMs that the oldest frame may be old
   * @param maxBytes of all frames
   */
  constructor(maxMs: number, maxBytes: number) {
    this.#maxMs = maxMs;
    this.#maxBytes = maxBytes;
  }

  /** Of the oldest frame, or of the next one where there is none. */
  get firstNumber(): number {
    return this.#frames[0]?.number ?? this.#nextNumber;
  }

  /** Of the frame that comes next. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** The oldest frame with this number or a higher one. */
  from(number: number): KeptFrame | undefined {
    return this.#frames[Math.max(0, number - this.firstNumber)];
  }

  /** From the oldest to the newest. */
  all(): readonly KeptFrame[] {
    return this.#frames;
  }

  /**
   * @param picture is copied, unless there is a JPEG
   * @param wantedFrom number of the first frame that a clip still waits for; null where none does
   */
  add(
    picture: Picture,
    atMs: number,
    seen: readonly SeenObject[],
    jpeg: KeptFrame["jpeg"],
    wantedFrom: number | null,
  ): void {
    const { width, height } = picture;
    const bytes = (jpeg === null ? 1 : jpegShare) * picture.data.length;
    const last = this.#frames.at(-1);
    const spacingMs = this.#maxMs / Math.max(1, Math.floor(this.#maxBytes / bytes));
    if (wantedFrom === null && last !== undefined && atMs - last.atMs < spacingMs) return;
    while (this.#frames.length > 0 && this.#isDue(this.#frames[0]!, bytes, atMs, wantedFrom)) this.#drop();
    const copy = jpeg === null ? { width, height, data: this.#copy(picture.data) } : null;
    this.#frames.push({ number: this.#nextNumber++, atMs, width, height, seen, jpeg, picture: copy });
    this.#bytes += bytes;
  }

  /** From now on the frame is kept as a JPEG; its picture must not be read any more. */
  setJpeg(frame: KeptFrame, jpeg: Promise<Uint8Array | null>): void {
    const { picture } = frame;
    frame.jpeg = jpeg;
    frame.picture = null;
    if (picture === null) return;
    this.#free.push(picture.data);
    if (this.#frames.includes(frame)) this.#bytes -= (1 - jpegShare) * picture.data.length;
  }

  #isDue({ number, atMs }: KeptFrame, bytes: number, nowMs: number, wantedFrom: number | null): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return true;
    return nowMs - atMs > this.#maxMs && (wantedFrom === null || number < wantedFrom);
  }

  #drop(): void {
    const { picture, width, height } = this.#frames.shift()!;
    this.#bytes -= (picture === null ? jpegShare : 1) * i420Bytes(width, height);
    if (picture !== null) this.#free.push(picture.data);
  }

  #copy(data: Uint8Array): Uint8Array {
    let memory = this.#free.pop();
    // The frames have changed their size.
    if (memory?.length !== data.length) {
      this.#free.length = 0;
      memory = new Uint8Array(data.length);
    }
    memory.set(data);
    return memory;
  }
}
