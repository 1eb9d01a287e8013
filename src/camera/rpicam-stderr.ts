import { type ErrorCode, XnorcamError } from "../errors.ts";

interface Cause {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  /** What is wrong and what to do. */
  readonly explain: (program: string, line: string) => string;
}

/** What rpicam-vid and libcamera say when they give up. The more particular comes first: one leads to the next. */
const causes: readonly Cause[] = [
  {
    pattern: /permission denied|operation not permitted/i,
    code: "XC_CAMERA_PERMISSION",
    explain: () =>
      'no permission to use the camera: add this user to the group "video" (`sudo usermod -aG video $USER`) and log in again',
  },
  {
    pattern: /in use by another process|failed to acquire camera/i,
    code: "XC_CAMERA_BUSY",
    explain: () =>
      "another program uses the camera: stop it (a running Xnorcam, too); `sudo fuser -v /dev/media*` shows which",
  },
  {
    pattern: /legacy camera stack/i,
    code: "XC_CAMERA_MISSING",
    explain: () =>
      "this system is set up for the legacy camera: switch that off in `sudo raspi-config` and restart",
  },
  {
    pattern: /no cameras available|selected camera is not available/i,
    code: "XC_CAMERA_MISSING",
    explain: (program) =>
      `no camera found: switch off and check the ribbon cable at both ends, and that this user is in the group "video"; \`${program} --list-cameras\` must show it`,
  },
  {
    pattern:
      /unrecognised option|for option '|invalid (exposure|awb) mode|illegal rotation|requiring transpose|failed to (valid|configure) stream/i,
    code: "XC_CAMERA_SETTINGS",
    explain: (program, line) =>
      `${program} refuses the settings of camera: ${line}; change them, or update with \`sudo apt full-upgrade\``,
  },
];

/** A line without end is cut, so that a flood cannot fill the memory. */
const maxLineLength = 500;
/** Of the lines of a minute, so that a flood cannot fill the log. */
const maxLoggedLines = 10;
const minuteMs = 60_000;

/** Reads what rpicam-vid says, and remembers no more of it than is needed to explain its end. */
export class RpicamStderr {
  readonly #program: string;
  readonly #warn: (line: string) => void;
  readonly #onSize: (width: number, height: number) => void;
  #unfinished = "";
  #minuteStartedMs = performance.now();
  #logged = 0;
  #leftOut = 0;
  #cause: { rank: number; line: string } | undefined;
  #lastError = "";

  /**
   * @param program for messages: "rpicam-vid"
   * @param warn receives warnings and errors, a few a minute
   * @param onSize receives the size that the camera was set up for
   */
  constructor(
    program: string,
    warn: (line: string) => void,
    onSize: (width: number, height: number) => void = () => {},
  ) {
    this.#program = program;
    this.#warn = warn;
    this.#onSize = onSize;
  }

  /** Takes the next piece of text, which may end anywhere. */
  add(text: string): void {
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = (lines.pop() ?? "").slice(0, maxLineLength);
    for (const line of lines) this.#addLine(line.slice(0, maxLineLength).trim());
  }

  /** Takes what is left at the end. */
  end(): void {
    this.#addLine(this.#unfinished.trim());
    this.#unfinished = "";
    this.#endMinute();
  }

  /** It works: what it said so far will not be why it ends one day. */
  forget(): void {
    this.#cause = undefined;
    this.#lastError = "";
  }

  /** Why it ended, as far as it said so. @param end what the system says of it: "SIGABRT", "exit code 1" */
  explain(end: string): XnorcamError {
    if (this.#cause !== undefined) {
      const { code, explain } = causes[this.#cause.rank]!;
      return new XnorcamError(code, explain(this.#program, this.#cause.line));
    }
    const reason = this.#lastError || "it gave no reason";
    return new XnorcamError("XC_CAMERA_FAILED", `${this.#program} has ended (${end}): ${reason}`);
  }

  #addLine(line: string): void {
    if (line === "") return;
    const rank = causes.findIndex(({ pattern }) => pattern.test(line));
    if (rank !== -1 && rank < (this.#cause?.rank ?? causes.length)) {
      this.#cause = { rank, line: withoutStars(line) };
    }
    // "… INFO Camera camera.cpp:1215 configuring streams: (0) 640x480-YUV420/sYCC (1) 1640x1232-…"
    const size = /configuring streams: \(0\) (\d+)x(\d+)-/.exec(line);
    if (size !== null) this.#onSize(Number(size[1]), Number(size[2]));
    const isError = /\b(error|fatal|terminate called|what\(\))/i.test(line);
    if (!isError && !/\bWARN\b/.test(line)) return;
    if (isError) this.#lastError = withoutStars(line);
    this.#log(line);
  }

  #log(line: string): void {
    if (performance.now() - this.#minuteStartedMs > minuteMs) this.#endMinute();
    if (this.#logged === maxLoggedLines) {
      this.#leftOut++;
      return;
    }
    this.#logged++;
    this.#warn(`${this.#program}: ${line}`);
  }

  #endMinute(): void {
    if (this.#leftOut > 0) this.#warn(`${this.#program}: ${this.#leftOut} more lines like these`);
    this.#minuteStartedMs = performance.now();
    this.#logged = 0;
    this.#leftOut = 0;
  }
}

/** "ERROR: *** no cameras available ***" → "no cameras available" */
function withoutStars(line: string): string {
  return line.replace(/^ERROR: /, "").replace(/^\*\*\* (.*) \*\*\*$/, "$1");
}
