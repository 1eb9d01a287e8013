import type { Clock } from "../clock.ts";
import type { LiveHub } from "./live-hub.ts";
import type { Viewer } from "./viewer.ts";

/** A camera of 0.2 frames per second has one by then. */
export const nextPictureMs = 5000;

/**
 * The next picture with the boxes drawn in, as JPEG: the newest there is when it comes.
 * @param signal aborted where nobody waits for it any more
 * @returns null where none came in `nextPictureMs`
 */
export async function nextPicture(hub: LiveHub, clock: Clock, signal?: AbortSignal): Promise<Buffer | null> {
  const viewer = new OnePicture();
  const cancel = clock.after(nextPictureMs, () => viewer.close());
  signal?.addEventListener("abort", () => viewer.close(), { once: true });
  hub.add(viewer);
  const jpeg = await viewer.jpeg;
  cancel();
  hub.remove(viewer);
  return jpeg;
}

/** Somebody who looks for one picture. */
class OnePicture implements Viewer {
  readonly picture = "boxed";
  /** Null when none came. */
  readonly jpeg: Promise<Buffer | null>;
  #settle: (jpeg: Buffer | null) => void = () => {};
  #isDone = false;

  constructor() {
    this.jpeg = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  isReady(): boolean {
    return !this.#isDone;
  }

  wantsFrame(): boolean {
    return true;
  }

  divisorFor(): 1 {
    return 1;
  }

  stalledMs(): number {
    return 0;
  }

  sendFrame(_message: string, jpeg: Buffer): void {
    this.#isDone = true;
    this.#settle(jpeg);
  }

  sendMessage(): void {}

  close(): void {
    this.#isDone = true;
    this.#settle(null);
  }

  cutOff(): void {
    this.close();
  }
}
