/** So many frames ahead are asked for before they are needed, and so many behind are kept. */
const ahead = 6;
const behind = 30;

/** The frames of a clip around the one that is shown. */
export class FrameCache {
  readonly #address: string;
  readonly #length: number;
  readonly #frames = new Map<number, Promise<HTMLImageElement | null>>();

  /** @param address of the folder with `0.jpg` and so on; `length`: how many there are */
  constructor(address: string, length: number) {
    this.#address = address;
    this.#length = length;
  }

  /** @returns null where it could not be loaded */
  get(index: number): Promise<HTMLImageElement | null> {
    const wanted = this.#load(index);
    for (let next = index + 1; next <= Math.min(index + ahead, this.#length - 1); next++)
      void this.#load(next);
    for (const known of this.#frames.keys()) {
      if (known < index - behind || known > index + behind) this.#frames.delete(known);
    }
    return wanted;
  }

  clear(): void {
    this.#frames.clear();
  }

  #load(index: number): Promise<HTMLImageElement | null> {
    const known = this.#frames.get(index);
    if (known !== undefined) return known;
    const image = new Image();
    image.src = `${this.#address}/${index}.jpg`;
    const loading = image.decode().then(
      () => image,
      () => null,
    );
    this.#frames.set(index, loading);
    return loading;
  }
}
