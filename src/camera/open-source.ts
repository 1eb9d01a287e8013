import { messageOf } from "../errors.ts";
import { bundledDemo } from "./demo.ts";
import type { FrameSource } from "./frame-source.ts";
import { createReplaySource } from "./replay.ts";
import { type RpicamListener, RpicamSource } from "./rpicam.ts";
import { findRpicam, listCameras, rpicamNotInstalled } from "./rpicam-program.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";

export interface CameraSettings extends RpicamSettings {
  readonly source: "auto" | "rpicam" | "replay";
  /** What to play, whatever `source` says; null for the bundled demo. */
  readonly replay: string | null;
  /** Whether a replay starts again at its end. */
  readonly loop: boolean;
}

export interface SourceListener extends RpicamListener {
  /** A replay has come to its end, or has broken off with an error. */
  onEnd(error: unknown): void;
}

export interface OpenedSource {
  readonly source: FrameSource;
  /** Whether the bundled demo plays since there is no camera. */
  readonly isDemo: boolean;
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
  const real = (opened: FrameSource): OpenedSource => ({ source: opened, isDemo: false });
  if (replay !== null) return real(createReplaySource(replay, { fps, loop, warn, onEnd }));
  const program = source === "replay" ? undefined : findRpicam();
  if (source === "rpicam" && program === undefined) throw rpicamNotInstalled();
  if (program !== undefined && (source === "rpicam" || (await hasCamera(program, signal, warn)))) {
    return real(new RpicamSource(program, settings, listener));
  }
  const { path, description } = bundledDemo;
  return { source: createReplaySource(path, { fps, loop, warn, onEnd, description }), isDemo: true };
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
