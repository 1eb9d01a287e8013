import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { PassThrough, type Readable } from "node:stream";
import { messageOf } from "../errors.ts";
import { onPath } from "../on-path.ts";

type Encoding = ChildProcessByStdio<null, Readable, Readable>;

/** The longest clip that settings allow takes a Pi Zero less. */
const limitMs = 30 * 60_000;
/** ffmpeg's last words are enough to say what failed. */
const keptStderrLength = 2000;

/** H.264 in MP4 that needs no way back to its beginning, so that it can go out while it is made. */
const output = [
  ...["-an", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2:out_range=limited,format=yuv420p"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1"],
  ...["-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1"],
];

/** Why there is no MP4. */
export interface NoMp4 {
  readonly reason: "busy" | "missing" | "failed";
  /** In words. */
  readonly detail: string;
}

/** Makes MP4, which browsers play, of clips, by ffmpeg: one at a time, and only with time that nothing else wants. */
export class Mp4Encoder {
  #running: Encoding | null = null;

  /** Whether this machine has what it takes. */
  static isThere(): boolean {
    return onPath("ffmpeg") !== undefined;
  }

  /**
   * Begins with a clip.
   * @returns the MP4 once its beginning is there. It breaks off where ffmpeg fails later; destroyed, it ends ffmpeg.
   */
  async encode(path: string): Promise<Readable | NoMp4> {
    if (this.#running !== null) return { reason: "busy", detail: "another clip is being made an MP4" };
    const child: Encoding = spawn(
      "ffmpeg",
      ["-nostdin", "-hide_banner", "-v", "error", "-i", path, ...output],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.#running = child;
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-keptStderrLength);
    });
    const overdue = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const ended = new Promise<NoMp4 | null>((resolve) => {
      child.once("error", (error) => resolve(notStarted(error)));
      child.once("close", (code) =>
        resolve(code === 0 ? null : { reason: "failed", detail: lastLine(said) }),
      );
    }).finally(() => {
      clearTimeout(overdue);
      this.#running = null;
    });
    if (child.pid !== undefined) giveWay(child.pid);

    await Promise.race([once(child.stdout, "readable"), ended]);
    if (child.stdout.readableLength === 0) {
      return (await ended) ?? { reason: "failed", detail: "ffmpeg wrote nothing" };
    }
    const video = new PassThrough({
      // The half must not be taken for the whole.
      flush: (done) => void ended.then((problem) => done(problem && new Error(problem.detail))),
    });
    video.once("close", () => child.kill("SIGKILL"));
    return child.stdout.pipe(video);
  }

  /** Ends what is being made. Idempotent. */
  stop(): void {
    this.#running?.kill("SIGKILL");
  }
}

/** To the detector, where that may be said: a service's sandbox may refuse it. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It goes on beside the detector, then.
  }
}

function lastLine(said: string): string {
  return said.trim().split("\n").at(-1) || "ffmpeg gave no reason";
}

function notStarted(error: NodeJS.ErrnoException): NoMp4 {
  if (error.code !== "ENOENT") return { reason: "failed", detail: messageOf(error) };
  return { reason: "missing", detail: "there is no ffmpeg on this camera: sudo apt install ffmpeg" };
}
