import { XnorcamError } from "../errors.ts";
import type { RpicamSettings } from "./rpicam-settings.ts";
import { findRpicamStill, takeStill } from "./still.ts";
import type { SupervisedSource } from "./supervised-source.ts";

/**
 * Takes pictures with all pixels of the sensor while the camera watches. Only one program can use the camera: it is
 * taken from the source for some seconds, in which nobody watches, and given back.
 */
export class StillCamera {
  readonly #source: SupervisedSource | null;
  readonly #settings: RpicamSettings;
  #isBusy = false;

  /** @param source null where frames come from something else than the Pi's camera */
  constructor(source: SupervisedSource | null, settings: RpicamSettings) {
    this.#source = source;
    this.#settings = settings;
  }

  /**
   * @returns a JPEG
   * @throws XnorcamError XC_CAMERA_*
   */
  async take(): Promise<Buffer> {
    const source = this.#source;
    if (source === null) {
      throw new XnorcamError(
        "XC_CAMERA_MISSING",
        'only a camera on the Pi\'s ribbon connector takes stills with all pixels, and frames come from elsewhere: set camera.source to "rpicam"',
      );
    }
    const program = findRpicamStill();
    if (program === undefined) {
      throw new XnorcamError(
        "XC_CAMERA_NOT_INSTALLED",
        "rpicam-still, which takes stills, is not installed: run `sudo apt install rpicam-apps-lite`",
      );
    }
    if (this.#isBusy) {
      throw new XnorcamError("XC_CAMERA_BUSY", "a still is being taken: ask again in some seconds");
    }
    this.#isBusy = true;
    try {
      return await source.lend(() => takeStill(program, this.#settings));
    } finally {
      this.#isBusy = false;
    }
  }
}
