import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { messageOf, XnorcamError } from "../errors.ts";
import type { Picture } from "./frame.ts";
import { readY4m } from "./y4m.ts";

/** Wider videos are scaled down: the network's input is a third of this. */
const maxWidth = 640;

/** ffmpeg's last words are enough to say what failed. */
const keptStderrLength = 4000;

/**
 * One run of ffmpeg over a video file: its frames in square pixels, full-range BT.601, `fps` of them for each
 * second of the video. ffmpeg waits while no frame is asked for: no more than a pipe's worth is buffered.
 */
export class FfmpegRun {
  /** All frames are the same object; its bytes are valid until the next frame is asked for. */
  readonly frames: AsyncGenerator<Picture, void>;
  /** Resolves when ffmpeg has ended: with what went wrong, or null. */
  readonly ended: Promise<XnorcamError | null>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #stderr = "";

  constructor(path: string, fps: number) {
    this.#child = spawn("ffmpeg", argumentsFor(path, fps), { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderrLength);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(notStarted(error)));
      this.#child.once("close", (code) => resolve(code === 0 ? null : this.#failed(path)));
    });
    this.frames = readY4m(this.#child.stdout);
  }

  /** Ends ffmpeg at once and waits for it. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    // Node reports the end of a process only after its output was read or thrown away.
    while (!(await this.frames.next()).done);
    this.#child.stdout.destroy();
    await this.ended;
  }

  #failed(path: string): XnorcamError {
    const lastLine = this.#stderr.trim().split("\n").at(-1)?.trim() || "it gave no reason";
    return new XnorcamError("XC_FFMPEG_FAILED", `ffmpeg cannot play "${path}": ${lastLine}`);
  }
}

function argumentsFor(path: string, fps: number): string[] {
  const filters = [
    `fps=${fps}`,
    // `sar` and `dar` are the pixel's and the picture's aspect ratio: pixels come out square.
    `scale=w='max(1,trunc(min(${maxWidth},iw*sar)))':h='max(1,trunc(ow/dar+0.5))':out_range=full:out_color_matrix=bt601`,
  ];
  const input = ["-nostdin", "-v", "error", "-i", `file:${path}`];
  return [
    ...input,
    "-an",
    "-sn",
    "-vf",
    filters.join(","),
    "-pix_fmt",
    "yuv420p",
    "-f",
    "yuv4mpegpipe",
    "pipe:1",
  ];
}

function notStarted(error: Error): XnorcamError {
  if ("code" in error && error.code === "ENOENT") {
    return new XnorcamError(
      "XC_FFMPEG_MISSING",
      "ffmpeg, which plays videos, is not installed: run `sudo apt install ffmpeg`, or replay a folder of pictures",
      { cause: error },
    );
  }
  return new XnorcamError("XC_FFMPEG_FAILED", `ffmpeg cannot be started: ${messageOf(error)}`, {
    cause: error,
  });
}
