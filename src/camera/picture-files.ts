import { stat } from "node:fs/promises";
import { messageOf, XnorcamError } from "../errors.ts";
import { decodePicture } from "../image/decode-picture.ts";
import type { Picture } from "./frame.ts";
import type { PictureStream, PictureStreamOptions } from "./picture-stream.ts";

/** As for videos: the network's input is a third of this, and larger ones would hold up the main thread. */
const longestSide = 640;

/** Picture files in the order given, decoded when they are asked for; passes over those that are broken. */
export class PictureFiles implements PictureStream {
  readonly contents: string;
  readonly #paths: readonly string[];
  readonly #options: PictureStreamOptions;
  /** A single picture is decoded once, not for each frame. */
  #onlyPicture: Picture | undefined;
  #index = 0;

  /** @param paths at least one. */
  constructor(paths: readonly string[], options: PictureStreamOptions) {
    this.#paths = paths;
    this.#options = options;
    this.contents = paths.length === 1 ? "1 picture" : `${paths.length} pictures`;
  }

  async next(): Promise<Picture | null> {
    let firstError: unknown;
    for (let tried = 0; tried < this.#paths.length; tried++) {
      if (this.#index === this.#paths.length) {
        if (!this.#options.loop) return null;
        this.#index = 0;
      }
      const path = this.#paths[this.#index++]!;
      try {
        return await this.#decode(path);
      } catch (error) {
        if (!(error instanceof XnorcamError)) throw error;
        firstError ??= error;
        this.#options.onBroken(error);
      }
    }
    throw new XnorcamError(
      "XC_NO_PICTURES",
      `none of ${this.contents} can be read; the first one: ${messageOf(firstError)}`,
      { cause: firstError },
    );
  }

  async close(): Promise<void> {}

  async #decode(path: string): Promise<Picture> {
    if (this.#onlyPicture !== undefined) return this.#onlyPicture;
    await refusePipe(path);
    const picture = await decodePicture(path, { longestSide });
    if (this.#paths.length === 1) this.#onlyPicture = picture;
    return picture;
  }
}

/**
 * Opening a pipe that nobody writes to blocks a thread of Node's pool for good, and with it the end of the
 * program.
 */
async function refusePipe(path: string): Promise<void> {
  const kind = await stat(path).catch(() => null);
  // What is missing altogether is for the decoder to say.
  if (kind === null || kind.isFile()) return;
  throw new XnorcamError(
    "XC_PICTURE_UNREADABLE",
    `cannot read picture "${path}": it is no file; replace it or leave it out`,
  );
}
