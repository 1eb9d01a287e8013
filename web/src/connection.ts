import type { LiveMessage } from "./messages.ts";

export interface ConnectionListener {
  onState(state: "connecting" | "live" | "reconnecting"): void;
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

/** The live WebSocket, opened again for as long as the page is open. */
export class Connection {
  readonly #listener: ConnectionListener;
  #socket: WebSocket | null = null;
  #retryMs = firstRetryMs;
  #retryTimer = 0;
  #silenceTimer = 0;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
  }

  start(): void {
    this.#listener.onState("connecting");
    this.#open();
    // Back from a tunnel or from another tab: now is better than at the end of a long pause.
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#retryNow();
    });
  }

  #open(): void {
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/api/v1/live`);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
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
    this.#socket = null;
    clearTimeout(this.#silenceTimer);
    socket.onmessage = null;
    socket.close();
    this.#listener.onState("reconnecting");
    // Up to half as long again, so that a room full of pages doesn't come back in one instant.
    this.#retryTimer = setTimeout(() => this.#open(), this.#retryMs * (1 + Math.random() / 2));
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  #retryNow(): void {
    if (this.#socket !== null) return;
    clearTimeout(this.#retryTimer);
    this.#open();
  }
}
