/**
 * What a picture is between the camera and the detector: planar YUV 4:2:0 ("I420"), 8 bits, BT.601 matrix,
 * full range (JFIF), the way `rpicam-vid --codec yuv420` and JPEG deliver it.
 *
 * Layout of `data`, without row padding:
 *   Y  height × width, then
 *   U  ceil(height/2) × ceil(width/2), then
 *   V  ceil(height/2) × ceil(width/2).
 */
export interface Picture {
  /** Pixels, ≥ 1. */
  readonly width: number;
  /** Pixels, ≥ 1. */
  readonly height: number;
  /** `i420Bytes(width, height)` bytes; may be a view into a SharedArrayBuffer. */
  readonly data: Uint8Array;
}

/** A picture from a camera. `data` belongs to the source and is valid only during the callback. */
export interface Frame extends Picture {
  /** Counts up from 1 for each frame that the source delivers, dropped ones included. */
  readonly id: number;
  /** Milliseconds, `performance.now()` of the main thread when the frame was complete. */
  readonly capturedAtMs: number;
  /**
   * Where it is there, `data` is the whole of a SharedArrayBuffer, which the receiver may keep, to spare a copy: it
   * gives the source another of that size in exchange, during the callback.
   */
  readonly exchange?: (other: SharedArrayBuffer) => void;
}

/** Bytes of an I420 picture of `width` × `height` pixels. */
export function i420Bytes(width: number, height: number): number {
  return width * height + 2 * chromaSize(width) * chromaSize(height);
}

/** Samples of a chroma row (or column) for `size` luma samples: half, rounded up. */
export function chromaSize(size: number): number {
  return (size + 1) >> 1;
}

/** The three planes of an I420 picture as views, no copy. */
export function planes(picture: Picture): { y: Uint8Array; u: Uint8Array; v: Uint8Array } {
  const lumaBytes = picture.width * picture.height;
  const chromaBytes = chromaSize(picture.width) * chromaSize(picture.height);
  return {
    y: picture.data.subarray(0, lumaBytes),
    u: picture.data.subarray(lumaBytes, lumaBytes + chromaBytes),
    v: picture.data.subarray(lumaBytes + chromaBytes, lumaBytes + 2 * chromaBytes),
  };
}
