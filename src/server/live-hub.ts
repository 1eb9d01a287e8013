import type { Logger } from "pino";
import type { AlarmReport } from "../alarm/alarm.ts";
import type { Picture } from "../camera/frame.ts";
import type { Clock } from "../clock.ts";
import type { TrackedFrame } from "../detect/track.ts";
import { messageOf } from "../errors.ts";
import type { EventSummary } from "../events/event.ts";
import { drawDetections } from "../image/draw.ts";
import { JpegEncoder } from "../image/jpeg.ts";
import type { Shedding } from "../load/load-shedder.ts";
import { alarmMessage, detectionsMessage, eventMessage, statusMessage } from "./live-messages.ts";
import type { StatusSource } from "./status.ts";
import type { Viewer } from "./viewer.ts";

export interface HubStats {
  viewers: { webSocket: number; mjpeg: number };
  /** JPEG encodes so far: at most one a frame and size for all WebSocket viewers, one for all MJPEG viewers. */
  encodes: { clean: number; boxed: number };
  /** Frames that nobody was sent because the previous one was still being encoded. */
  skipped: number;
  /** Viewers that were cut off because they had stopped reading. */
  cutOff: number;
}

/** A viewer that has not taken anything for so long is gone, or means us ill. */
const stallLimitMs = 10_000;
const heartbeatMs = 1000;

/**
 * Passes pictures and news on to whoever watches. The detector calls `publish` for each frame and is never
 * kept waiting: a frame that comes while the previous is being encoded is not shown, a viewer that has not
 * taken the previous frame does not get this one. While nobody watches a frame costs nothing.
 */
export class LiveHub {
  readonly #source: Pick<StatusSource, "status" | "alarm">;
  readonly #clock: Clock;
  readonly #log: Pick<Logger, "info" | "error">;
  readonly #onEncoded: (ms: number) => void;
  readonly #viewers = new Set<Viewer>();
  readonly #cleanEncoders = { 1: new JpegEncoder(), 2: new JpegEncoder() };
  readonly #boxedEncoder = new JpegEncoder();
  readonly #encodes = { clean: 0, boxed: 0 };
  /** The picture that boxes are drawn on; kept, since frames rarely change their size. */
  #boxed: Picture = { width: 0, height: 0, data: new Uint8Array(0) };
  #encoding = false;
  #shedding: Pick<Shedding, "viewerEvery" | "viewerDivisor"> = { viewerEvery: 1, viewerDivisor: 1 };
  #published = 0;
  #skipped = 0;
  #cutOff = 0;
  #frameId = 0;
  #cancelHeartbeat: (() => void) | null = null;
  #stopped = false;

  /** @param onEncoded hears how many milliseconds a picture took to be encoded */
  constructor(
    source: Pick<StatusSource, "status" | "alarm">,
    clock: Clock,
    log: Pick<Logger, "info" | "error">,
    onEncoded: (ms: number) => void = () => {},
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
    this.#onEncoded = onEncoded;
  }

  get stats(): HubStats {
    return {
      viewers: { webSocket: this.#count("clean"), mjpeg: this.#count("boxed") },
      encodes: { ...this.#encodes },
      skipped: this.#skipped,
      cutOff: this.#cutOff,
    };
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /**
   * Shows a frame and what was found in it. `picture` is not used any more when this returns.
   * @returns the JPEG of the whole picture without boxes, where one is made for the viewers; null else
   */
  publish(result: TrackedFrame, picture: Picture): Promise<Buffer> | null {
    this.#frameId = result.frameId;
    if (this.#stopped || this.#viewers.size === 0) return null;
    const { viewerEvery, viewerDivisor } = this.#shedding;
    if (this.#published++ % viewerEvery !== 0) return null;
    if (this.#encoding) {
      this.#skipped++;
      return null;
    }
    let whole: Promise<Buffer> | null = null;
    const message = detectionsMessage(result, this.#source.alarm().verdicts);
    const encodings: Promise<void>[] = [];
    const takers = this.#takers();
    for (const divisor of [1, 2] as const) {
      const sized = takers.filter(
        (viewer) =>
          viewer.picture === "clean" && Math.max(viewer.divisorFor(picture.width), viewerDivisor) === divisor,
      );
      if (sized.length === 0) continue;
      this.#encodes.clean++;
      const encoding = this.#cleanEncoders[divisor].encode(picture, divisor);
      if (divisor === 1) whole = encoding;
      encodings.push(this.#send(sized, encoding, message));
    }
    const boxed = takers.filter((viewer) => viewer.picture === "boxed");
    if (boxed.length > 0) {
      this.#encodes.boxed++;
      drawDetections(this.#copyForBoxes(picture), result.detections);
      encodings.push(this.#send(boxed, this.#boxedEncoder.encode(this.#boxed, viewerDivisor), message));
    }
    if (encodings.length > 0) void this.#whileEncoding(encodings);
    return whole;
  }

  /** From now on viewers get fewer and smaller pictures, or all of them again. */
  shed(shedding: Pick<Shedding, "viewerEvery" | "viewerDivisor">): void {
    this.#shedding = shedding;
  }

  /** Tells every page that the alarm went on or off. */
  publishAlarm(report: AlarmReport): void {
    this.#broadcast(alarmMessage(report, this.#frameId));
  }

  /** Tells every page that an event began, changed or ended; it is on disk. */
  publishEvent(event: EventSummary): void {
    this.#broadcast(eventMessage(event));
  }

  /** From now on the viewer gets frames and news, beginning with how things stand. */
  add(viewer: Viewer): void {
    if (this.#stopped) {
      viewer.close();
      return;
    }
    this.#viewers.add(viewer);
    viewer.sendMessage(statusMessage(this.#source.status(), this.#frameId));
    viewer.sendMessage(alarmMessage(this.#source.alarm(), this.#frameId));
    if (this.#cancelHeartbeat === null) this.#scheduleHeartbeat();
  }

  /** Forgets a viewer whose connection ended. */
  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#stopHeartbeat();
  }

  /** Closes every viewer. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#stopHeartbeat();
    for (const viewer of this.#viewers) viewer.close();
    this.#viewers.clear();
  }

  async #whileEncoding(encodings: Promise<void>[]): Promise<void> {
    this.#encoding = true;
    await Promise.all(encodings);
    this.#encoding = false;
  }

  async #send(viewers: readonly Viewer[], encoding: Promise<Buffer>, message: string): Promise<void> {
    const beganMs = this.#clock.now();
    try {
      const jpeg = await encoding;
      this.#onEncoded(this.#clock.now() - beganMs);
      for (const viewer of viewers) {
        if (this.#viewers.has(viewer) && viewer.isReady()) viewer.sendFrame(message, jpeg);
      }
    } catch (error) {
      this.#log.error(`a frame could not be encoded for the viewers: ${messageOf(error)}`);
    }
  }

  /** Who takes a frame now. */
  #takers(): Viewer[] {
    const now = this.#clock.now();
    return [...this.#viewers].filter((viewer) => viewer.isReady() && viewer.wantsFrame(now));
  }

  #copyForBoxes(picture: Picture): Picture {
    const { width, height, data } = picture;
    if (this.#boxed.width !== width || this.#boxed.height !== height) {
      this.#boxed = { width, height, data: new Uint8Array(data.length) };
    }
    this.#boxed.data.set(data);
    return this.#boxed;
  }

  #count(kind: Viewer["picture"]): number {
    let count = 0;
    for (const viewer of this.#viewers) if (viewer.picture === kind) count++;
    return count;
  }

  #broadcast(message: string): void {
    for (const viewer of this.#viewers) viewer.sendMessage(message);
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#clock.after(heartbeatMs, () => {
      this.#scheduleHeartbeat();
      this.#cutOffStalled();
      const message = statusMessage(this.#source.status(), this.#frameId);
      for (const viewer of this.#viewers) if (viewer.isReady()) viewer.sendMessage(message);
    });
  }

  #stopHeartbeat(): void {
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = null;
  }

  #cutOffStalled(): void {
    const now = this.#clock.now();
    for (const viewer of this.#viewers) {
      if (viewer.stalledMs(now) < stallLimitMs) continue;
      this.#cutOff++;
      this.#log.info(`a viewer has read nothing for ${stallLimitMs / 1000} s and was cut off`);
      this.remove(viewer);
      viewer.cutOff();
    }
  }
}
