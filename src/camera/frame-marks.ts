import { execFileSync } from "node:child_process";
import { constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, XnorcamError } from "../errors.ts";

/**
 * Hears from `rpicam-vid` each time that it has written a whole frame: with `--save-pts FILE` it writes a line with
 * the time into a second file after each frame. The file is a pipe with a name, which the program opens by itself.
 */
export class FrameMarks {
  /** For `--save-pts`. */
  readonly path: string;
  readonly #folder: string;
  readonly #socket: Socket;
  #onMark = () => {};
  #unfinished = "";

  /** @throws XnorcamError XC_CAMERA_FAILED when there can be no such pipe in the folder for temporary files */
  constructor() {
    try {
      this.#folder = mkdtempSync(join(tmpdir(), "xnorcam-marks-"));
      this.path = join(this.#folder, "pts");
      execFileSync("mkfifo", [this.path], { stdio: "pipe" });
      // For writing, too: so it does not end with the program, and the next one can go on.
      const fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
      this.#socket = new Socket({ fd, readable: true, writable: false });
    } catch (error) {
      throw new XnorcamError(
        "XC_CAMERA_FAILED",
        `no pipe for the camera can be made in ${tmpdir()}: ${messageOf(error)}; make it writable, or set TMPDIR`,
        { cause: error },
      );
    }
    this.#socket.on("data", (chunk) => this.#take(chunk.toString()));
  }

  /** From now on `onMark` hears of each frame, in place of whoever heard before. */
  listen(onMark: () => void): void {
    this.#onMark = onMark;
  }

  /** Idempotent. */
  close(): void {
    this.listen(() => {});
    this.#socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #take(text: string): void {
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = lines.pop() ?? "";
    // The first line is "# timecode format v2".
    for (const line of lines) if (!line.startsWith("#")) this.#onMark();
  }
}
