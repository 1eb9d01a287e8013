import type { LiveMessage } from "../../../src/server/wire.ts";

export type ConnectionState = "connecting" | "live" | "reconnecting";

export interface ConnectionListener {
  onState(state: ConnectionState): void;
  onMessage(message: LiveMessage): void;
  onPicture(jpeg: ArrayBuffer): void;
}

const firstRetryMs = 500;
const longestRetryMs = 10_000;
/**
 * The camera sends its status every second to a page that keeps up, and gives up one that hasn't confirmed a
 * frame for ten. So a slow link may be silent for as long; more is a dead connection that TCP hasn't noticed.
 */
const silenceMs = 15_000;

/** The live WebSocket, opened again until it is stopped. */
export class Connection {
  readonly #listener: ConnectionListener;
  #socket: WebSocket | null = null;
  #retryMs = firstRetryMs;
  #retryTimer = 0;
  #silenceTimer = 0;
  /** Device pixels that the picture fills. */
  #pictureWidth = 0;
  /** Of the listeners on the window; null while it is stopped. */
  #running: AbortController | null = null;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
  }

  /** Idempotent. */
  start(): void {
    if (this.#running !== null) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#listener.onState("connecting");
    this.#open();
    // Back from a tunnel or from another tab: now is better than at the end of a long pause.
    addEventListener("online", () => this.#retryNow(), { signal });
    const onVisibility = (): void => {
      this.#askForView();
      if (document.visibilityState === "visible") this.#retryNow();
    };
    document.addEventListener("visibilitychange", onVisibility, { signal });
  }

  /** Idempotent. */
  stop(): void {
    this.#running?.abort();
    this.#running = null;
    clearTimeout(this.#retryTimer);
    this.#drop();
  }

  /** From now on the picture fills so many device pixels from left to right; the camera need not send more. */
  set pictureWidth(pixels: number) {
    if (pixels === this.#pictureWidth) return;
    this.#pictureWidth = pixels;
    this.#askForView();
  }

  /** A tab that nobody sees gets the news, and no pictures. */
  #askForView(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const width = document.visibilityState === "visible" ? this.#pictureWidth : 0;
    this.#socket.send(JSON.stringify({ type: "view", width }));
  }

  #open(): void {
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/api/v1/live`);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#askForView();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#expectMore(socket);
      if (typeof data !== "string") {
        this.#listener.onPicture(data);
        return;
      }
      this.#retryMs = firstRetryMs;
      this.#listener.onState("live");
      this.#listener.onMessage(JSON.parse(data) as LiveMessage);
    };
    socket.onclose = () => this.#lost(socket);
    this.#expectMore(socket);
  }

  #expectMore(socket: WebSocket): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#lost(socket), silenceMs);
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#listener.onState("reconnecting");
    // Up to half as long again, so that a room full of pages doesn't come back in one instant.
    this.#retryTimer = setTimeout(() => this.#open(), this.#retryMs * (1 + Math.random() / 2));
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#silenceTimer);
    if (socket === null) return;
    socket.onmessage = null;
    socket.close();
  }

  #retryNow(): void {
    if (this.#socket !== null) return;
    clearTimeout(this.#retryTimer);
    this.#open();
  }
}
