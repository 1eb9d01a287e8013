import type { AlarmNews } from "../../../src/server/wire.ts";
import { Store } from "../store.ts";

const longestList = 50;
/** A message may come as late as the camera waits for a slow page. */
const latestMessageMs = 10_000;

/** An alarm that this page has seen. Times are those of `performance.now()`. */
export interface LoggedAlarm {
  readonly frameId: number | null;
  readonly began: Date;
  readonly sinceMs: number;
  readonly reason: string;
  /** Null while it is on. */
  readonly lengthMs: number | null;
}

/** The alarms while the page is open, the newest first. */
export class AlarmLog {
  readonly entries = new Store<readonly LoggedAlarm[]>([]);

  update(alarm: AlarmNews, nowMs: number, wall: Date): void {
    const [newest, ...older] = this.entries.value;
    if (!alarm.active) {
      if (newest?.lengthMs !== null || newest === undefined) return;
      this.entries.value = [{ ...newest, lengthMs: nowMs - newest.sinceMs }, ...older];
      return;
    }
    const forMs = alarm.activeForMs ?? 0;
    const sinceMs = nowMs - forMs;
    // The alarm that was on when the connection was lost, and still is; frame numbers start again with the camera.
    const isSame =
      newest !== undefined &&
      newest.frameId === alarm.frameId &&
      Math.abs(newest.sinceMs - sinceMs) < latestMessageMs;
    const entry: LoggedAlarm = {
      frameId: alarm.frameId,
      began: isSame ? newest.began : new Date(wall.getTime() - forMs),
      sinceMs,
      reason: alarm.reason ?? "",
      lengthMs: null,
    };
    this.entries.value = [entry, ...(isSame ? older : this.entries.value)].slice(0, longestList);
  }
}
