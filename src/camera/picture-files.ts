import { messageOf, XnorcamError } from "../errors.ts";
import { decodePicture } from "../image/decode-picture.ts";
import type { Picture } from "./frame.ts";
import type { PictureStream, PictureStreamOptions } from "./picture-stream.ts";

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
    const picture = await decodePicture(path);
    if (this.#paths.length === 1) this.#onlyPicture = picture;
    return picture;
  }
}
