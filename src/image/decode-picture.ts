import { i420Bytes, type Picture } from "../camera/frame.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { rgbToI420 } from "./color.ts";
import { sharp } from "./sharp.ts";

/** A picture needs about 5 bytes of memory a pixel while it is decoded; the smallest board has 512 MB. */
const maxPixels = 24_000_000;

/** JPEG, in which viewers get the pictures, can hold no more. */
const maxSide = 65_535;

/** What lies behind transparent pixels. */
const background = { r: 128, g: 128, b: 128 };

/**
 * Decodes a picture file (JPEG, PNG, WebP, …: any color model, 8 or 16 bit, the first picture of an animation)
 * to I420, full range BT.601. EXIF orientation is applied and transparency laid on mid-gray.
 * @param options.longestSide pixels to which a larger picture is scaled down, off the main thread.
 * @throws XnorcamError XC_PICTURE_UNREADABLE | XC_PICTURE_TOO_LARGE
 */
export async function decodePicture(path: string, options: { longestSide?: number } = {}): Promise<Picture> {
  try {
    // The size is checked by us, before anything is decoded. A warning (such as stray bytes between JPEG
    // segments, which some cameras write) does not make a picture unreadable; a missing end does.
    const image = sharp(path, { limitInputPixels: false, failOn: "error" });
    const { width, height } = await image.metadata();
    const larger = Math.max(width, height);
    if (width * height > maxPixels || larger > maxSide) throw tooLarge(path, width, height);
    const { longestSide = larger } = options;
    if (larger > longestSide) image.resize(longestSide, longestSide, { fit: "inside" });
    const { data, info } = await image
      .autoOrient()
      .flatten({ background })
      .toColorspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const out = new Uint8Array(i420Bytes(info.width, info.height));
    rgbToI420(data, info.width, info.height, out);
    return { width: info.width, height: info.height, data: out };
  } catch (error) {
    throw error instanceof XnorcamError ? error : unreadable(path, error);
  }
}

function tooLarge(path: string, width: number, height: number): XnorcamError {
  const megapixels = ((width * height) / 1e6).toFixed(1);
  return new XnorcamError(
    "XC_PICTURE_TOO_LARGE",
    `picture "${path}" has ${width}×${height} pixels (${megapixels} megapixels), the limit is ` +
      `${maxPixels / 1e6} megapixels and ${maxSide} pixels a side: make it smaller, the detector looks at far fewer pixels anyway`,
  );
}

function unreadable(path: string, error: unknown): XnorcamError {
  // libvips lists what it ran into on several lines; the first names the cause.
  const reason = messageOf(error).split("\n", 1)[0]!.trim();
  return new XnorcamError(
    "XC_PICTURE_UNREADABLE",
    `cannot read picture "${path}": ${reason}; replace the file or leave it out`,
    { cause: error },
  );
}
