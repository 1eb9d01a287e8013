/** What a page asks of the live stream: `{"type":"view","width":480,"fps":2}`, as often as it changes its mind. */
export interface ViewRequest {
  /** Device pixels that the picture fills on the screen; 0 where none is looked at, such as in a hidden tab. */
  readonly width: number;
  /** The most frames a second that it wants. */
  readonly fps: number;
}

/** Until a page says otherwise. */
export const wholeView: ViewRequest = { width: Number.POSITIVE_INFINITY, fps: Number.POSITIVE_INFINITY };

const widest = 16_384;
const fastest = 60;

/**
 * Reads the one message that a page may send. Fields that are left out mean: no limit.
 * @returns null for anything else
 */
export function parseViewRequest(text: string): ViewRequest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { type, width = wholeView.width, fps = wholeView.fps, ...rest } = value as Record<string, unknown>;
  if (type !== "view" || Object.keys(rest).length > 0) return null;
  if (typeof width !== "number" || (width !== wholeView.width && !(width >= 0 && width <= widest)))
    return null;
  if (typeof fps !== "number" || (fps !== wholeView.fps && !(fps > 0 && fps <= fastest))) return null;
  return { width, fps };
}
