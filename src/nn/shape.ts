/**
 * The extent of a feature map. All maps are NHWC with N = 1: element (y, x, c) stands at
 * `(y · width + x) · channels + c`.
 */
export interface MapShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Elements of a map. */
export function elements(shape: MapShape): number {
  return shape.height * shape.width * shape.channels;
}

export function sameShape(a: MapShape, b: MapShape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

/** "28×20×64": width, height, channels, for messages. */
export function shapeText(shape: MapShape): string {
  return `${shape.width}×${shape.height}×${shape.channels}`;
}
