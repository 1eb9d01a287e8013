import type { Picture } from "../../camera/frame.ts";
import { Gaze } from "../../detect/gaze.ts";
import type { DetectOptions, PictureDetector } from "../../detect/picture-detector.ts";
import { messageOf, XnorcamError } from "../../errors.ts";
import type { LabeledPicture } from "../../eval/data-set.ts";
import type { PictureResult } from "../../eval/match.ts";
import { decodePicture } from "../../image/decode-picture.ts";
import { withProgress } from "../progress.ts";

/** Low enough for the whole precision–recall curve; with it, a box of any use is among the model's candidates. */
const scoreFloor = 0.01;

/**
 * One after another; of each picture only the boxes are kept. One that can't be used is named and passed over.
 * @param zoom parts of each picture that are looked at closer, at most
 */
export async function detectPictures(
  detector: PictureDetector,
  pictures: readonly LabeledPicture[],
  zoom = 0,
): Promise<PictureResult[]> {
  const results: PictureResult[] = [];
  await withProgress(pictures, "pictures", async (picture) => {
    const decoded = await decodeLabeled(picture);
    if (decoded === null) return;
    results.push({
      picture,
      detections: detector.detect(decoded, { threshold: scoreFloor, ...closer(zoom) }).detections,
    });
  });
  return results;
}

/** One for each picture, or clip: where it looked before matters to the next frame only. */
export function closer(zoom: number): Pick<DetectOptions, "gaze"> {
  return zoom > 0 ? { gaze: new Gaze(zoom) } : {};
}

/** @returns null, and says so, when the picture can't be used */
export async function decodeLabeled(picture: LabeledPicture): Promise<Picture | null> {
  try {
    const decoded = await decodePicture(picture.path);
    refuseOtherSize(picture, decoded);
    return decoded;
  } catch (error) {
    if (!(error instanceof XnorcamError)) throw error;
    console.error(`xnorcam: ${messageOf(error)} (${error.code})`);
    return null;
  }
}

/** Boxes of a picture that was resized since it was labeled would lie elsewhere. */
function refuseOtherSize({ path, width, height }: LabeledPicture, decoded: Picture): void {
  if (decoded.width === width && decoded.height === height) return;
  throw new XnorcamError(
    "XC_DATASET_INVALID",
    `${path} is passed over: it has ${decoded.width}×${decoded.height} pixels, annotations.json says ${width}×${height}`,
  );
}
