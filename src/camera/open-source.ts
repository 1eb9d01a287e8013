import { messageOf } from "../errors.ts";
import { bundledDemo } from "./demo.ts";
import { ffmpegTarget } from "./ffmpeg-input.ts";
import { FfmpegSource } from "./ffmpeg-source.ts";
import type { FrameSource } from "./frame-source.ts";
import { createReplaySource } from "./replay.ts";
import { RpicamSource } from "./rpicam.ts";
import { findRpicam, listCameras, rpicamNotInstalled } from "./rpicam-program.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";
import type { SupervisedListener, SupervisedSource } from "./supervised-source.ts";

export interface CameraSettings extends RpicamSettings {
  /** "ffmpeg:" goes before an address or a device. */
  readonly source: "auto" | "rpicam" | "replay" | `ffmpeg:${string}`;
  /** What to play, whatever `source` says; null for the bundled demo. */
  readonly replay: string | null;
  /** Whether a replay starts again at its end. */
  readonly loop: boolean;
}

export interface SourceListener extends SupervisedListener {
  /** A replay has come to its end, or has broken off with an error. */
  onEnd(error: unknown): void;
}

export interface OpenedSource {
  readonly source: FrameSource;
  /** Whether the bundled demo plays since there is no camera. */
  readonly isDemo: boolean;
  /** The Pi's camera, of which stills can be taken, where it is the source. */
  readonly rpicam: SupervisedSource | null;
}

/**
 * The source that the settings ask for, not started yet. "auto" takes the Pi's camera where there is one, else the
 * bundled demo.
 * @param signal ends the search for a camera; what comes out then is not to be started
 * @throws XnorcamError XC_CAMERA_NOT_INSTALLED
 */
export async function openSource(
  settings: CameraSettings,
  signal: AbortSignal,
  listener: SourceListener,
): Promise<OpenedSource> {
  const { source, replay, fps, loop } = settings;
  const { warn, onEnd } = listener;
  const real = (opened: FrameSource): OpenedSource => ({ source: opened, isDemo: false, rpicam: null });
  if (replay !== null) return real(createReplaySource(replay, { fps, loop, warn, onEnd }));
  const target = ffmpegTarget(source);
  if (target !== null) return real(new FfmpegSource(target, settings, listener));
  const program = source === "replay" ? undefined : findRpicam();
  if (source === "rpicam" && program === undefined) throw rpicamNotInstalled();
  if (program !== undefined && (source === "rpicam" || (await hasCamera(program, signal, warn)))) {
    const rpicam = new RpicamSource(program, settings, listener);
    return { source: rpicam, isDemo: false, rpicam };
  }
  const { path, description } = bundledDemo;
  return {
    source: createReplaySource(path, { fps, loop, warn, onEnd, description }),
    isDemo: true,
    rpicam: null,
  };
}

async function hasCamera(
  program: string,
  signal: AbortSignal,
  warn: (line: string) => void,
): Promise<boolean> {
  try {
    await listCameras(program, signal);
    return true;
  } catch (error) {
    if (!signal.aborted) warn(`${messageOf(error)}; the bundled demo plays in its place`);
    return false;
  }
}
