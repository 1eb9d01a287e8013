import type { WebSocket } from "ws";
import type { Clock } from "../clock.ts";
import { parseViewRequest, wholeView } from "./view-request.ts";
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
 * seconds of stale pictures. So a numbered ping follows each frame, which every WebSocket client answers by
 * itself with that number, and a viewer is ready when it has confirmed all but the last. A client that answers
 * without reading shows by the send buffer, which then never empties.
 */
export class WebSocketViewer implements Viewer {
  readonly picture = "clean";
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  /** Number of the last ping, and of the last that came back. */
  #pinged = 0;
  #confirmed = 0;
  #unconfirmedSinceMs = 0;
  /** Since when the kernel has not taken everything; null while it has. */
  #bufferedSinceMs: number | null = null;
  /** The newest message that has to wait until the kernel has taken the ones before. */
  #held: string | null = null;
  #view = wholeView;
  #lastFrameMs = Number.NEGATIVE_INFINITY;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on("pong", (data) => this.#confirm(Number(data.toString())));
    socket.on("ping", (data) => {
      // Not by ws itself: a client that sends pings and reads nothing could fill our memory with the answers.
      if (socket.bufferedAmount === 0) socket.pong(data);
    });
    socket.on("message", (data, isBinary) => this.#asked(isBinary ? "" : data.toString()));
    // A broken connection is followed by "close", where the viewer is removed.
    socket.on("error", () => socket.terminate());
  }

  isReady(): boolean {
    return (
      this.#socket.readyState === this.#socket.OPEN &&
      this.#socket.bufferedAmount === 0 &&
      this.#pinged - this.#confirmed < maxUnconfirmed
    );
  }

  wantsFrame(nowMs: number): boolean {
    // Half a millisecond of grace: at its own rate, no frame may fall to the rounding of a clock.
    return this.#view.width > 0 && nowMs - this.#lastFrameMs >= 1000 / this.#view.fps - 0.5;
  }

  divisorFor(frameWidth: number): 1 | 2 {
    return this.#view.width <= frameWidth / 2 ? 2 : 1;
  }

  stalledMs(nowMs: number): number {
    const unconfirmedMs = this.#pinged === this.#confirmed ? 0 : nowMs - this.#unconfirmedSinceMs;
    const bufferedMs = this.#bufferedSinceMs === null ? 0 : nowMs - this.#bufferedSinceMs;
    return Math.max(unconfirmedMs, bufferedMs);
  }

  sendFrame(message: string, jpeg: Buffer): void {
    this.#lastFrameMs = this.#clock.now();
    this.#socket.send(message);
    this.#socket.send(jpeg);
    this.#ping();
  }

  /**
   * Also while it does not keep up: messages are rare and small, and the alarm must not be missed. Where even
   * the kernel takes no more, the newest message waits, so that they don't pile up.
   */
  sendMessage(message: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > 0) {
      this.#held = message;
      return;
    }
    this.#socket.send(message, this.#afterWrite);
    this.#noteBuffer();
    // With the camera silent, this is what shows that the viewer is still there.
    if (this.#pinged === this.#confirmed) this.#ping();
  }

  close(): void {
    this.#socket.close(goingAway, "the camera stops");
    const cancel = this.#clock.after(closeTimeoutMs, () => this.#socket.terminate());
    this.#socket.once("close", cancel);
  }

  cutOff(): void {
    this.#socket.terminate();
  }

  #asked(text: string): void {
    const view = parseViewRequest(text);
    if (view !== null) this.#view = view;
    else this.#socket.close(policyViolation, "this stream takes only messages of type view");
  }

  #ping(): void {
    if (this.#pinged === this.#confirmed) this.#unconfirmedSinceMs = this.#clock.now();
    this.#pinged++;
    this.#socket.ping(String(this.#pinged), undefined, this.#afterWrite);
    this.#noteBuffer();
  }

  /** A pong confirms all pings up to its own. Pongs that nobody asked for are legal and say nothing. */
  #confirm(number: number): void {
    if (!Number.isInteger(number) || number <= this.#confirmed || number > this.#pinged) return;
    this.#confirmed = number;
    this.#unconfirmedSinceMs = this.#clock.now();
  }

  #noteBuffer(): void {
    if (this.#socket.bufferedAmount === 0) this.#bufferedSinceMs = null;
    else this.#bufferedSinceMs ??= this.#clock.now();
  }

  readonly #afterWrite = (): void => {
    this.#noteBuffer();
    if (this.#held === null || this.#socket.bufferedAmount > 0) return;
    const message = this.#held;
    this.#held = null;
    this.sendMessage(message);
  };
}
