import { XnorcamError } from "../errors.ts";
import { FfmpegRun, lastLine, scaleFilter } from "./ffmpeg.ts";
import type { Picture } from "./frame.ts";
import type { PictureStream, PictureStreamOptions } from "./picture-stream.ts";

/** Wider videos are scaled down: the network's input is a third of this. */
const maxWidth = 640;

/** A video file, sampled at `fps` frames for each second of it, so that it plays at its own speed. */
export class VideoFile implements PictureStream {
  readonly contents = "video";
  readonly #path: string;
  readonly #fps: number;
  readonly #options: PictureStreamOptions;
  #run: FfmpegRun | undefined;
  #framesOfRun = 0;
  #closed = false;

  constructor(path: string, fps: number, options: PictureStreamOptions) {
    this.#path = path;
    this.#fps = fps;
    this.#options = options;
  }

  async next(): Promise<Picture | null> {
    while (!this.#closed) {
      this.#run ??= play(this.#path, this.#fps);
      const frame = await this.#run.frames.next();
      if (!frame.done) {
        this.#framesOfRun++;
        return frame.value;
      }
      await this.#endOfRun(this.#run);
      if (!this.#options.loop) return null;
    }
    return null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#run?.kill();
  }

  /** A video that fails in the middle was played up to there; one that gives no frame at all is an error. */
  async #endOfRun(run: FfmpegRun): Promise<void> {
    const error = await run.ended;
    const frames = this.#framesOfRun;
    this.#run = undefined;
    this.#framesOfRun = 0;
    if (this.#closed) return;
    if (frames === 0) {
      throw error ?? new XnorcamError("XC_FFMPEG_FAILED", `video "${this.#path}" has no pictures in it`);
    }
    if (error !== null) this.#options.onBroken(error);
  }
}

function play(path: string, fps: number): FfmpegRun {
  return new FfmpegRun({
    input: ["-i", `file:${path}`],
    filters: [`fps=${fps}`, scaleFilter(maxWidth)],
    missing:
      "ffmpeg, which plays videos, is not installed: run `sudo apt install ffmpeg`, or replay a folder of pictures",
    explain: (said) =>
      new XnorcamError("XC_FFMPEG_FAILED", `ffmpeg cannot play "${path}": ${lastLine(said)}`),
  });
}
