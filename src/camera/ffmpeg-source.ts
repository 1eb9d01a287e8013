import { type ErrorCode, XnorcamError } from "../errors.ts";
import { withoutCredentials } from "../redact.ts";
import { FfmpegRun, lastLine, scaleFilter } from "./ffmpeg.ts";
import { type FfmpegInput, ffmpegInput } from "./ffmpeg-input.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";
import type { SourceRun, SourceRunListener } from "./source-run.ts";
import { StallWatch } from "./stall-watch.ts";
import { type SupervisedListener, SupervisedSource } from "./supervised-source.ts";

export type FfmpegSettings = Pick<
  RpicamSettings,
  "width" | "height" | "fps" | "rotation" | "hflip" | "vflip" | "roi"
>;

/** Any camera that ffmpeg can read: a USB webcam, one on the network, or a file in its place. */
export class FfmpegSource extends SupervisedSource {
  /** @param target device, address or file */
  constructor(target: string, settings: FfmpegSettings, listener: SupervisedListener) {
    const input = ffmpegInput(target, settings);
    super(
      {
        description: `camera ${input.name} (ffmpeg, ${settings.fps} fps)`,
        open: () => {},
        begin: (runListener) => new FfmpegSourceRun(input, settings, runListener),
        close: () => {},
      },
      listener,
    );
  }
}

/** One life of ffmpeg: until it exits, or no frame comes any more. */
class FfmpegSourceRun implements SourceRun {
  readonly ended: Promise<XnorcamError>;
  readonly delivering: Promise<void>;
  readonly #run: FfmpegRun;
  readonly #stall: StallWatch;
  readonly #input: FfmpegInput;
  #onDelivering = () => {};
  #failure: XnorcamError | null = null;
  #hasDelivered = false;

  constructor(input: FfmpegInput, settings: FfmpegSettings, listener: SourceRunListener) {
    this.#input = input;
    this.delivering = new Promise((resolve) => {
      this.#onDelivering = resolve;
    });
    this.#stall = new StallWatch(settings.fps, (seconds) => this.#giveUp(seconds));
    this.#run = new FfmpegRun({
      input: input.args,
      stdin: input.stdin,
      filters: filtersFor(settings),
      missing: `ffmpeg, which reads ${input.name}, is not installed: run \`sudo apt install ffmpeg\``,
      explain: (said) => explain(input, said),
      onBytes: () => this.#stall.onBytes(),
    });
    this.ended = this.#play(listener);
  }

  get hasDelivered(): boolean {
    return this.#hasDelivered;
  }

  async kill(): Promise<void> {
    await this.#run.kill();
    await this.ended;
  }

  async #play(listener: SourceRunListener): Promise<XnorcamError> {
    try {
      for await (const picture of this.#run.frames) {
        this.#stall.onFrame();
        listener.onFrame(picture, performance.now());
        if (this.#hasDelivered) continue;
        this.#hasDelivered = true;
        this.#onDelivering();
      }
    } catch (error) {
      this.#failure ??= error as XnorcamError;
      await this.#run.kill();
    }
    const error = await this.#run.ended;
    this.#stall.stop();
    return this.#failure ?? error ?? failure(this.#input, "the stream has ended");
  }

  #giveUp(seconds: number): void {
    const what = this.#hasDelivered
      ? `sends no more frames since ${seconds} s`
      : `sent no frame in ${seconds} s`;
    this.#failure ??= failure(this.#input, `it ${what}`);
    void this.#run.kill();
  }
}

function filtersFor({ width, height, fps, rotation, hflip, vflip, roi }: FfmpegSettings): string[] {
  const [left = 0, top = 0, partWidth = 1, partHeight = 1] = roi ?? [];
  // Half a turn is both mirrors.
  const isTurned = rotation === 180;
  return [
    `fps=${fps}`,
    ...(roi === null ? [] : [`crop=iw*${partWidth}:ih*${partHeight}:iw*${left}:ih*${top}`]),
    ...(hflip !== isTurned ? ["hflip"] : []),
    ...(vflip !== isTurned ? ["vflip"] : []),
    scaleFilter(width, height),
  ];
}

/** What ffmpeg says when it gives up, and what to do. */
const causes: readonly { pattern: RegExp; code: ErrorCode; fix: string }[] = [
  {
    pattern: /401 unauthorized|403 forbidden|authorization failed/i,
    code: "XC_CAMERA_PERMISSION",
    fix: "it refuses user name and password: write them into camera.source as ffmpeg:rtsp://USER:PASSWORD@…, special characters as %40",
  },
  {
    pattern: /permission denied/i,
    code: "XC_CAMERA_PERMISSION",
    fix: 'no permission: add this user to the group "video" (`sudo usermod -aG video $USER`) and log in again',
  },
  {
    pattern: /device or resource busy/i,
    code: "XC_CAMERA_BUSY",
    fix: "another program uses it: `sudo fuser -v /dev/video*` shows which",
  },
  {
    pattern: /no such (file|device)|cannot open video device|not a video capture device|inappropriate ioctl/i,
    code: "XC_CAMERA_MISSING",
    fix: "there is no such camera: `v4l2-ctl --list-devices` shows those that are there",
  },
];

function explain(input: FfmpegInput, said: string): XnorcamError {
  const cause = causes.find(({ pattern }) => pattern.test(said));
  if (cause !== undefined) return new XnorcamError(cause.code, `camera ${input.name}: ${cause.fix}`);
  return failure(input, withoutCredentials(lastLine(said)));
}

function failure({ name, kind }: FfmpegInput, what: string): XnorcamError {
  const fix = {
    device: "check its cable, and whether it offers this size: `v4l2-ctl --list-formats-ext`",
    network: "check that the camera is on, and the address with `ffplay`",
    file: "check that it plays with `ffplay`",
  }[kind];
  return new XnorcamError("XC_CAMERA_FAILED", `camera ${name}: ${what}; ${fix}`);
}
