/**
 * Every error that a user can meet: a stable code, and nothing else in one place, so that `docs/errors.md`
 * can list the same codes with cause and fix (a test holds the two together).
 */
export const errorCodes = [
  "XC_USAGE",
  "XC_CONFIG_UNREADABLE",
  "XC_CONFIG_INVALID",
  "XC_CONFIG_UNWRITABLE",
  "XC_MODEL_UNREADABLE",
  "XC_MODEL_INVALID",
  "XC_DARKNET_UNREADABLE",
  "XC_DARKNET_INVALID",
  "XC_PICTURE_UNREADABLE",
  "XC_PICTURE_TOO_LARGE",
  "XC_NO_PICTURES",
  "XC_OUTPUT_UNWRITABLE",
  "XC_FFMPEG_MISSING",
  "XC_FFMPEG_FAILED",
  "XC_CAMERA_NOT_INSTALLED",
  "XC_CAMERA_MISSING",
  "XC_CAMERA_BUSY",
  "XC_CAMERA_PERMISSION",
  "XC_CAMERA_SETTINGS",
  "XC_CAMERA_FAILED",
  "XC_PORT_IN_USE",
  "XC_DATA_DIR",
  "XC_ACCESS_FILE",
  "XC_TLS",
  "XC_DATASET_INVALID",
  "XC_KERNELS_UNAVAILABLE",
  "XC_DETECTOR_FAILED",
  "XC_GPIO",
  "XC_EVENTS_UNAVAILABLE",
  "XC_EVENTS_UNREADABLE",
  "XC_EVENTS_NEWER",
  "XC_EVENTS_BUSY",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error with one line for the user: it names the thing, the field and the fix. */
export class XnorcamError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "XnorcamError";
    this.code = code;
  }
}

/** The one line of any thrown value, for messages that wrap it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
