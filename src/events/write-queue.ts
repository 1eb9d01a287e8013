import type { EventKey, StoreWrite } from "./store-messages.ts";

export interface QueuedWrite {
  readonly request: StoreWrite;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes that are more than pictures, beyond the bytes: far more than events come in any hang that ends. */
const mostWrites = 2000;

/**
 * What waits for the disk, in order, no more than so many bytes. What is too much goes: pictures of clips first, the
 * oldest of them, then whole writes, the oldest, so that the newest still gets through.
 */
export class WriteQueue {
  readonly #maxBytes: number;
  readonly #waiting: QueuedWrite[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Writes that went so far. */
  get dropped(): number {
    return this.#dropped;
  }

  add(write: QueuedWrite): void {
    if (write.request.type === "update") this.#merge(write.request);
    this.#waiting.push(write);
    this.#bytes += bytesOf(write.request);
    while (this.#bytes > this.#maxBytes || this.#waiting.length > mostWrites) this.#dropOne();
  }

  take(): QueuedWrite | undefined {
    const write = this.#waiting.shift();
    if (write !== undefined) this.#bytes -= bytesOf(write.request);
    return write;
  }

  /** Drops everything. */
  clear(): void {
    for (let write = this.take(); write !== undefined; write = this.take()) this.#forget(write);
  }

  /** A newer state of an event makes an older one that still waits needless; its still stays, unless there is a newer. */
  #merge(newer: StoreWrite & { type: "update" }): void {
    const at = this.#waiting.findIndex(
      ({ request }) => request.type === "update" && request.key === newer.key,
    );
    if (at < 0) return;
    const [older] = this.#waiting.splice(at, 1);
    const { request } = older!;
    this.#bytes -= bytesOf(request);
    if (request.type === "update") {
      newer.still ??= request.still;
      // Each tells only of the objects that were seen since the one before.
      const known = new Set(newer.facts.tracks.map(({ id }) => id));
      const others = request.facts.tracks.filter(({ id }) => !known.has(id));
      newer.facts = { ...newer.facts, tracks: [...others, ...newer.facts.tracks] };
    }
    older!.resolve(null);
  }

  #dropOne(): void {
    const frame = this.#waiting.findIndex(({ request }) => request.type === "frame");
    const [write] = this.#waiting.splice(Math.max(0, frame), 1);
    if (write === undefined) return;
    this.#bytes -= bytesOf(write.request);
    this.#forget(write);
    if (write.request.type === "begin") this.#dropEvent(write.request.key);
  }

  /** Nothing of an event that never began can be written. */
  #dropEvent(key: EventKey): void {
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const write = this.#waiting[at]!;
      if (!("key" in write.request) || write.request.key !== key) continue;
      this.#waiting.splice(at, 1);
      this.#bytes -= bytesOf(write.request);
      this.#forget(write);
    }
  }

  #forget({ resolve }: QueuedWrite): void {
    this.#dropped++;
    resolve(null);
  }
}

function bytesOf(request: StoreWrite): number {
  switch (request.type) {
    case "frame":
      return request.jpeg.length;
    case "begin":
    case "update":
      return (request.still?.length ?? 0) + factsBytes(request.facts.tracks);
    case "clip":
    case "end":
      return factsBytes(request.facts.tracks);
    case "change":
    case "remove":
    case "keep":
      return 0;
  }
}

/** Six numbers a point. */
function factsBytes(tracks: readonly { readonly path: readonly unknown[] }[]): number {
  return tracks.reduce((sum, { path }) => sum + 48 * path.length, 0);
}
