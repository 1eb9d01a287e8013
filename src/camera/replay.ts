import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, XnorcamError } from "../errors.ts";
import { isPictureFile, listPictures } from "../image/list-pictures.ts";
import type { Frame, Picture } from "./frame.ts";
import type { FrameSource } from "./frame-source.ts";
import { PictureFiles } from "./picture-files.ts";
import type { PictureStream, PictureStreamOptions } from "./picture-stream.ts";
import { VideoFile } from "./video-file.ts";

export interface ReplayOptions {
  /** Frames per second, > 0. */
  readonly fps: number;
  /** Whether it starts again at its end. */
  readonly loop: boolean;
  /** For logs and the page, where the path says too little. */
  readonly description?: string;
  /** One line for the log: a picture that cannot be read (once for each file), a replay that breaks off. */
  readonly warn?: (line: string) => void;
  /** Called once when no more frames will come, except by `stop`: with what broke the replay off, or null. */
  readonly onEnd?: (error: unknown) => void;
}

/**
 * Plays a folder of pictures in natural order of their names, a single picture, or a video (through ffmpeg) as
 * if it came from a camera. One picture is decoded ahead; nothing else is kept.
 * @returns a source whose `start` throws XC_NO_PICTURES, XC_FFMPEG_MISSING or XC_FFMPEG_FAILED.
 */
export function createReplaySource(path: string, options: ReplayOptions): FrameSource {
  return new ReplaySource(path, options);
}

class ReplaySource implements FrameSource {
  readonly stats = { delivered: 0, broken: 0 };
  readonly #path: string;
  readonly #options: ReplayOptions;
  readonly #stopping = new AbortController();
  readonly #warned = new Set<string>();
  #stream: PictureStream | undefined;
  #playing: Promise<void> | undefined;

  constructor(path: string, options: ReplayOptions) {
    this.#path = path;
    this.#options = options;
  }

  get description(): string {
    if (this.#options.description !== undefined) return this.#options.description;
    const contents = this.#stream === undefined ? "" : `${this.#stream.contents}, `;
    return `replay of ${this.#path} (${contents}${this.#options.fps} fps)`;
  }

  /** Resolves once the first picture is decoded, before it is delivered. */
  async start(onFrame: (frame: Frame) => void): Promise<void> {
    const stream = await this.#open();
    // Stopped while it was opened: nothing may be started behind the back of a stop that has resolved.
    if (this.#stopping.signal.aborted) return await stream.close();
    this.#stream = stream;
    const first = await stream.next().catch(async (error: unknown) => {
      await stream.close();
      throw error;
    });
    if (this.#stopping.signal.aborted) return await stream.close();
    this.#playing = this.#play(stream, first, onFrame);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#stream?.close();
    await this.#playing;
  }

  async #open(): Promise<PictureStream> {
    const options: PictureStreamOptions = {
      loop: this.#options.loop,
      onBroken: (error) => {
        this.stats.broken++;
        this.#warnOnce(error.message);
      },
    };
    const kind = await stat(this.#path).catch((error: unknown) => {
      throw new XnorcamError(
        "XC_NO_PICTURES",
        `nothing to replay at "${this.#path}": ${messageOf(error)}; give a folder of pictures, a picture or a video`,
        { cause: error },
      );
    });
    if (kind.isDirectory()) return new PictureFiles(await listPictures(this.#path), options);
    if (isPictureFile(basename(this.#path))) return new PictureFiles([this.#path], options);
    return new VideoFile(this.#path, this.#options.fps, options);
  }

  async #play(stream: PictureStream, first: Picture | null, onFrame: (frame: Frame) => void): Promise<void> {
    const { signal } = this.#stopping;
    let brokenOff: unknown = null;
    try {
      await this.#deliverInTime(stream, first, onFrame, signal);
    } catch (error) {
      if (signal.aborted) return;
      brokenOff = error;
      this.#warnOnce(messageOf(error));
    }
    await stream.close();
    if (!signal.aborted) this.#options.onEnd?.(brokenOff);
  }

  async #deliverInTime(
    stream: PictureStream,
    first: Picture | null,
    onFrame: (frame: Frame) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const periodMs = 1000 / this.#options.fps;
    let dueMs = performance.now();
    for (let picture = first; picture !== null; dueMs += periodMs) {
      // Each frame has its place on a fixed grid, so that lateness does not add up. Places that were missed
      // whole, because decoding or the machine is slow, are left out: a burst would help nobody.
      const lateMs = performance.now() - dueMs;
      if (lateMs >= periodMs) dueMs += Math.floor(lateMs / periodMs) * periodMs;
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal });
      this.stats.delivered++;
      const { width, height, data } = picture;
      onFrame({ width, height, data, id: this.stats.delivered, capturedAtMs: performance.now() });
      picture = await stream.next();
      if (signal.aborted) return;
    }
  }

  #warnOnce(line: string): void {
    if (this.#warned.has(line)) return;
    this.#warned.add(line);
    this.#options.warn?.(line);
  }
}
