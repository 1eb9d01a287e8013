import type { WebSocket } from "ws";
import type { Clock } from "../clock.ts";
import type { Viewer } from "./viewer.ts";

/** Close codes of RFC 6455. */
const goingAway = 1001;
const policyViolation = 1008;

/** One frame may travel while the one before is confirmed: so a long way to the viewer costs no frame rate. */
const maxUnconfirmed = 2;

/** After our close frame the other side has this long to answer. */
const closeTimeoutMs = 500;

/**
 * A page on the live WebSocket.
 *
 * An empty send buffer on our side says little: the kernel swallows megabytes, which on a slow link are many
 * seconds of stale pictures. So a ping follows each frame, which every WebSocket client answers by itself, and
 * a viewer is ready when it has confirmed all but the last.
 */
export class WebSocketViewer implements Viewer {
  readonly picture = "clean";
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #unconfirmed = 0;
  #waitingSinceMs = 0;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on("pong", () => this.#confirm());
    socket.on("ping", (data) => {
      // Not by ws itself: a client that sends pings and reads nothing could fill our memory with the answers.
      if (socket.bufferedAmount === 0) socket.pong(data);
    });
    socket.on("message", () => socket.close(policyViolation, "this stream takes no messages"));
    // A broken connection is followed by "close", where the viewer is removed.
    socket.on("error", () => socket.terminate());
  }

  isReady(): boolean {
    return (
      this.#socket.readyState === this.#socket.OPEN &&
      this.#socket.bufferedAmount === 0 &&
      this.#unconfirmed < maxUnconfirmed
    );
  }

  stalledMs(nowMs: number): number {
    return this.#unconfirmed === 0 ? 0 : nowMs - this.#waitingSinceMs;
  }

  sendFrame(message: string, jpeg: Buffer): void {
    this.#socket.send(message);
    this.#socket.send(jpeg);
    this.#ping();
  }

  /** Also while it does not keep up: messages are rare and small, and the alarm must not be missed. */
  sendMessage(message: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(message);
    // With the camera silent, this is what shows that the viewer is still there.
    if (this.#unconfirmed === 0) this.#ping();
  }

  close(): void {
    this.#socket.close(goingAway, "the camera stops");
    const cancel = this.#clock.after(closeTimeoutMs, () => this.#socket.terminate());
    this.#socket.once("close", cancel);
  }

  cutOff(): void {
    this.#socket.terminate();
  }

  #ping(): void {
    if (this.#unconfirmed === 0) this.#waitingSinceMs = this.#clock.now();
    this.#unconfirmed++;
    this.#socket.ping();
  }

  #confirm(): void {
    // Pongs that nobody asked for are legal and say nothing.
    if (this.#unconfirmed === 0) return;
    this.#unconfirmed--;
    this.#waitingSinceMs = this.#clock.now();
  }
}
