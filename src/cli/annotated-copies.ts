import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import type { Picture } from "../camera/frame.ts";
import type { Detection } from "../detect/detection.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { drawDetections } from "../image/draw.ts";
import { JpegEncoder } from "../image/jpeg.ts";

/** JPEG copies of pictures with their detections drawn in, all in one folder. */
export class AnnotatedCopies {
  readonly #folder: string;
  /** Files that must not be written: the inputs, and the copies made so far. */
  readonly #taken: Set<string>;
  readonly #encoder = new JpegEncoder(90);

  private constructor(folder: string, taken: Set<string>) {
    this.#folder = folder;
    this.#taken = taken;
  }

  /**
   * Makes the folder if it is not there.
   * @param inputs all pictures of this run; none of them is ever overwritten.
   * @throws XnorcamError XC_OUTPUT_UNWRITABLE
   */
  static async open(folder: string, inputs: readonly string[]): Promise<AnnotatedCopies> {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw unwritable(folder, error);
    });
    return new AnnotatedCopies(folder, new Set(await Promise.all(inputs.map(realPathOf))));
  }

  /**
   * Draws on the picture itself and writes it as `NAME.jpg`, or `NAME-2.jpg` and so on where that is taken.
   * @param inputPath gives the name. @returns the path of the copy.
   * @throws XnorcamError XC_OUTPUT_UNWRITABLE
   */
  async write(inputPath: string, picture: Picture, detections: readonly Detection[]): Promise<string> {
    drawDetections(picture, detections);
    const path = await this.#freePath(parse(inputPath).name);
    try {
      await writeFile(path, await this.#encoder.encode(picture));
    } catch (error) {
      throw unwritable(path, error);
    }
    return path;
  }

  async #freePath(name: string): Promise<string> {
    for (let number = 1; ; number++) {
      const path = join(this.#folder, number === 1 ? `${name}.jpg` : `${name}-${number}.jpg`);
      const real = await realPathOf(path);
      if (this.#taken.has(real)) continue;
      this.#taken.add(real);
      return path;
    }
  }
}

/** Links followed, so that one file has one name; as it is where there is no such file. */
async function realPathOf(path: string): Promise<string> {
  return await realpath(path).catch(() => resolve(path));
}

function unwritable(path: string, error: unknown): XnorcamError {
  return new XnorcamError(
    "XC_OUTPUT_UNWRITABLE",
    `cannot write "${path}": ${messageOf(error)}; check --out, its permissions and the free space`,
    { cause: error },
  );
}
