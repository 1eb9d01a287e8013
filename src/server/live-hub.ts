import type { Logger } from "pino";
import type { AlarmReport } from "../alarm/alarm.ts";
import type { Picture } from "../camera/frame.ts";
import type { Clock } from "../clock.ts";
import type { FrameDetections } from "../detect/detection.ts";
import { messageOf } from "../errors.ts";
import { drawDetections } from "../image/draw.ts";
import { JpegEncoder } from "../image/jpeg.ts";
import { alarmMessage, detectionsMessage, statusMessage } from "./live-messages.ts";
import type { StatusSource } from "./status.ts";
import type { Viewer } from "./viewer.ts";

export interface HubStats {
  viewers: { webSocket: number; mjpeg: number };
  /** JPEG encodes so far: at most one a frame for all WebSocket viewers, one for all MJPEG viewers. */
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
  readonly #viewers = new Set<Viewer>();
  readonly #cleanEncoder = new JpegEncoder();
  readonly #boxedEncoder = new JpegEncoder();
  readonly #encodes = { clean: 0, boxed: 0 };
  /** The picture that boxes are drawn on; kept, since frames rarely change their size. */
  #boxed: Picture = { width: 0, height: 0, data: new Uint8Array(0) };
  #encoding = false;
  #skipped = 0;
  #cutOff = 0;
  #frameId = 0;
  #cancelHeartbeat: (() => void) | null = null;
  #stopped = false;

  constructor(
    source: Pick<StatusSource, "status" | "alarm">,
    clock: Clock,
    log: Pick<Logger, "info" | "error">,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
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

  /** Shows a frame and what was found in it. `picture` is not used any more when this returns. */
  publish(result: FrameDetections, picture: Picture): void {
    this.#frameId = result.frameId;
    if (this.#stopped || this.#viewers.size === 0) return;
    if (this.#encoding) {
      this.#skipped++;
      return;
    }
    const message = detectionsMessage(result);
    const encodings: Promise<void>[] = [];
    if (this.#wants("clean")) {
      this.#encodes.clean++;
      encodings.push(this.#send("clean", this.#cleanEncoder.encode(picture), message));
    }
    if (this.#wants("boxed")) {
      this.#encodes.boxed++;
      drawDetections(this.#copyForBoxes(picture), result.detections);
      encodings.push(this.#send("boxed", this.#boxedEncoder.encode(this.#boxed), message));
    }
    if (encodings.length > 0) void this.#whileEncoding(encodings);
  }

  /** Tells every page that the alarm went on or off. */
  publishAlarm(report: AlarmReport): void {
    this.#broadcast(alarmMessage(report, this.#frameId));
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

  async #send(kind: Viewer["picture"], encoding: Promise<Buffer>, message: string): Promise<void> {
    try {
      const jpeg = await encoding;
      for (const viewer of this.#viewers) {
        if (viewer.picture === kind && viewer.isReady()) viewer.sendFrame(message, jpeg);
      }
    } catch (error) {
      this.#log.error(`a frame could not be encoded for the viewers: ${messageOf(error)}`);
    }
  }

  #wants(kind: Viewer["picture"]): boolean {
    for (const viewer of this.#viewers) {
      if (viewer.picture === kind && viewer.isReady()) return true;
    }
    return false;
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
