import type {
  AlarmNews,
  DetectionsMessage,
  EventSummary,
  LiveMessage,
  StatusMessage,
} from "../../../src/server/wire.ts";
import { Store } from "../store.ts";
import { AlarmLog } from "./alarm-log.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { History } from "./history.ts";

/** The most that the camera takes in a request; none of its pictures is so wide. */
const widestView = 16_384;

type PictureListener = (jpeg: ArrayBuffer, message: DetectionsMessage) => void;

/** The alarm as it was told at a moment of `performance.now()`. */
export interface KnownAlarm {
  readonly news: AlarmNews;
  readonly atMs: number;
}

/** All that comes in live, for every part of the page to look at. */
export class LiveFeed {
  readonly connection = new Store<ConnectionState>("connecting");
  /** Null before the first. */
  readonly status = new Store<StatusMessage | null>(null);
  /** Null while the connection is gone. */
  readonly alarm = new Store<KnownAlarm | null>(null);
  /** Of the last picture that came; null before the first. */
  readonly detections = new Store<DetectionsMessage | null>(null);
  /** The last event that began, changed or ended. */
  readonly event = new Store<EventSummary | null>(null);
  readonly alarmLog = new AlarmLog();
  readonly history = new History();
  /** Called when the connection is lost, before it is tried again. */
  onLost: () => void = () => {};
  readonly #connection: Connection;
  readonly #pictureListeners = new Set<PictureListener>();
  /** The detections whose JPEG is the next binary message. */
  #announced: DetectionsMessage | null = null;

  constructor() {
    this.#connection = new Connection({
      onState: (state) => this.#onState(state),
      onMessage: (message) => this.#onMessage(message),
      onPicture: (jpeg) => this.#onPicture(jpeg),
    });
  }

  /** Idempotent. */
  start(): void {
    this.#connection.start();
  }

  /** Idempotent. */
  stop(): void {
    this.#connection.stop();
    this.alarm.value = null;
  }

  /** Gets every picture from now on. @returns how to end it; pictures stop when the last listener is gone */
  onPicture(listener: PictureListener): () => void {
    this.#pictureListeners.add(listener);
    return () => {
      this.#pictureListeners.delete(listener);
      if (this.#pictureListeners.size === 0) this.pictureWidth = 0;
    };
  }

  /** From now on the picture fills so many device pixels from left to right. */
  set pictureWidth(pixels: number) {
    this.#connection.pictureWidth = Math.min(widestView, pixels);
  }

  #onState(state: ConnectionState): void {
    if (this.connection.value === state) return;
    this.connection.value = state;
    if (state !== "reconnecting") return;
    this.alarm.value = null;
    this.onLost();
  }

  #onMessage(message: LiveMessage): void {
    switch (message.type) {
      case "detections":
        this.#announced = message;
        break;
      case "alarm":
        this.#setAlarm(message);
        break;
      case "status":
        this.status.value = message;
        this.history.add(message, Date.now());
        this.#setAlarm(message.alarm);
        break;
      case "event":
        this.event.value = message.event;
        break;
    }
  }

  #setAlarm(news: AlarmNews): void {
    const atMs = performance.now();
    this.alarm.value = { news, atMs };
    this.alarmLog.update(news, atMs, new Date());
  }

  #onPicture(jpeg: ArrayBuffer): void {
    const message = this.#announced;
    if (message === null) return;
    this.#announced = null;
    this.detections.value = message;
    for (const listener of this.#pictureListeners) listener(jpeg, message);
  }
}
