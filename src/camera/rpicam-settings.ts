/** What `rpicam-vid` is told. The configuration has checked the ranges. */
export interface RpicamSettings {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Frames per second, > 0. */
  readonly fps: number;
  readonly rotation: 0 | 180;
  readonly hflip: boolean;
  readonly vflip: boolean;
  readonly exposure: string;
  readonly awb: string;
  /** x, y, width and height of the part of the sensor that is used, each as a fraction of it; null for all of it. */
  readonly roi: readonly number[] | null;
}

/**
 * Raw frames on standard output, each as soon as it is there, without preview and without end. With this codec
 * rpicam-vid asks libcamera for the sYCC color space: BT.601 in full range, which is what our pictures are.
 */
export function rpicamArguments(settings: RpicamSettings): string[] {
  const { width, height, fps, rotation, hflip, vflip, exposure, awb, roi } = settings;
  return [
    ...["--codec", "yuv420", "--flush", "-n", "-t", "0", "-o", "-"],
    ...["--width", `${width}`, "--height", `${height}`, "--framerate", `${fps}`],
    ...["--rotation", `${rotation}`, "--exposure", exposure, "--awb", awb],
    ...(hflip ? ["--hflip"] : []),
    ...(vflip ? ["--vflip"] : []),
    ...(roi === null ? [] : ["--roi", roi.join(",")]),
  ];
}
