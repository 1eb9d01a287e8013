/**
 * Gives the pictures of a camera or a video one after the other: the newest, once the one before is done with. Pauses
 * while the page is hidden, as browsers show no video then.
 */
export class Playback {
  readonly #video = document.createElement("video");
  readonly #release: () => void;
  #stopped = false;
  /** A frame came that was not taken yet. */
  #isFresh = false;
  #waiting: (() => void) | null = null;

  /** @param source a camera, or the address of a video; @param release what gives it back */
  constructor(source: MediaStream | string, release: () => void) {
    this.#release = release;
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.loop = true;
    if (typeof source === "string") this.#video.src = source;
    else this.#video.srcObject = source;
  }

  /**
   * Plays until `stop`.
   * @param look takes the picture over; the next one comes when it is done
   * @throws Error when the browser cannot play it
   */
  async run(look: (picture: ImageBitmap) => Promise<void>): Promise<void> {
    await this.#video.play();
    this.#watch();
    while (!this.#stopped) {
      await this.#frame();
      if (this.#stopped) break;
      await look(await createImageBitmap(this.#video));
    }
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#video.pause();
    this.#video.srcObject = null;
    this.#video.removeAttribute("src");
    this.#release();
    this.#waiting?.();
  }

  /** Resolves at once if a frame came meanwhile. */
  async #frame(): Promise<void> {
    if (!this.#isFresh) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.#isFresh = false;
  }

  /** Notes each frame, or, where the browser does not tell of them, each picture on the screen. */
  #watch(): void {
    const video = this.#video;
    const note = (): void => {
      if (this.#stopped) return;
      this.#isFresh = true;
      this.#waiting?.();
      this.#watch();
    };
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(note);
    else requestAnimationFrame(note);
  }
}
