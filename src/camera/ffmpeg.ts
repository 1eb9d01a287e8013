import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { messageOf, XnorcamError } from "../errors.ts";
import type { Picture } from "./frame.ts";
import { readY4m } from "./y4m.ts";

/** ffmpeg's last words are enough to say what failed. */
const keptStderrLength = 4000;

export interface FfmpegOptions {
  /** What to read and how, before the output, which is always the same. */
  readonly input: readonly string[];
  /** What ffmpeg reads from its standard input. */
  readonly stdin?: string;
  readonly filters: readonly string[];
  /** What it means that ffmpeg failed. @param said its last lines */
  explain(said: string): XnorcamError;
  /** What it means that there is no ffmpeg. */
  readonly missing: string;
  /** Hears that something came from it. */
  onBytes?(): void;
}

/**
 * One run of ffmpeg: its frames in square pixels, full-range BT.601. It waits while no frame is asked for: no more than
 * a pipe's worth is buffered.
 */
export class FfmpegRun {
  /** All frames are the same object; its bytes are valid until the next frame is asked for. */
  readonly frames: AsyncGenerator<Picture, void>;
  /** Resolves when ffmpeg has ended: with what went wrong, or null. */
  readonly ended: Promise<XnorcamError | null>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #stderr = "";

  constructor(options: FfmpegOptions) {
    const { input, stdin = "", filters, explain, missing, onBytes } = options;
    const output = ["-an", "-sn", "-dn", "-vf", filters.join(",")];
    const format = ["-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "pipe:1"];
    this.#child = spawn(
      "ffmpeg",
      ["-nostdin", "-hide_banner", "-v", "error", ...input, ...output, ...format],
      {
        stdio: ["pipe", "pipe", "pipe"],
      },
    );
    // It may end before it has read it; its end is what is told.
    this.#child.stdin.on("error", () => {});
    this.#child.stdin.end(stdin);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderrLength);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(notStarted(error, missing)));
      this.#child.once("close", (code) => resolve(code === 0 ? null : explain(this.#stderr.trim())));
    });
    this.frames = readY4m(heard(this.#child.stdout, onBytes));
  }

  /** Ends ffmpeg at once and waits for it. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    // Node reports the end of a process only after its output was read or thrown away.
    while (!(await this.frames.next()).done);
    this.#child.stdout.destroy();
    await this.ended;
  }
}

/** To full-range BT.601, with pixels that are square: `sar` and `dar` are the pixel's and the picture's aspect ratio. */
export function scaleFilter(maxWidth: number, maxHeight?: number): string {
  const width =
    maxHeight === undefined ? `min(${maxWidth},iw*sar)` : `min(min(${maxWidth},iw*sar),${maxHeight}*dar)`;
  return `scale=w='max(1,trunc(${width}))':h='max(1,trunc(ow/dar+0.5))':out_range=full:out_color_matrix=bt601`;
}

/** The last line of what ffmpeg said. */
export function lastLine(said: string): string {
  return said.split("\n").at(-1)?.trim() || "it gave no reason";
}

async function* heard(chunks: Readable, onBytes = () => {}): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes();
    yield chunk as Uint8Array;
  }
}

function notStarted(error: Error, missing: string): XnorcamError {
  if ("code" in error && error.code === "ENOENT") {
    return new XnorcamError("XC_FFMPEG_MISSING", missing, { cause: error });
  }
  return new XnorcamError("XC_FFMPEG_FAILED", `ffmpeg cannot be started: ${messageOf(error)}`, {
    cause: error,
  });
}
