import { randomUUID } from "node:crypto";
import type { Alarm, AlarmReport } from "../alarm/alarm.ts";
import { type Notice, type NoticeSource, noticeOf, type TellableEvent } from "./tellable.ts";

/** The alarm alone, for a camera that records nothing: an event begins when it goes on and ends when it goes off. */
export class AlarmEvents implements NoticeSource {
  readonly #alarm: Pick<Alarm, "on" | "off" | "report">;
  readonly #wallTimeMs: () => number;
  #tell: (notice: Notice) => Promise<void> = () => Promise.resolve();
  #told: Promise<void> = Promise.resolve();
  #open: TellableEvent | null = null;
  /** Whether it starts again, and the alarm may have changed meanwhile. */
  #wasStopped = false;

  /** @param wallTimeMs milliseconds since 1970 */
  constructor(alarm: Pick<Alarm, "on" | "off" | "report">, wallTimeMs: () => number = Date.now) {
    this.#alarm = alarm;
    this.#wallTimeMs = wallTimeMs;
  }

  start(tell: (notice: Notice) => Promise<void>): Promise<void> {
    this.#tell = tell;
    this.#alarm.on("change", this.#onChange);
    if (this.#wasStopped) this.#onChange(this.#alarm.report());
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#wasStopped = true;
    this.#alarm.off("change", this.#onChange);
    return this.#told;
  }

  forget(): Promise<void> {
    this.#open = null;
    return Promise.resolve();
  }

  readonly #onChange = (report: AlarmReport): void => {
    const time = new Date(this.#wallTimeMs()).toISOString();
    const open = this.#open;
    if (report.active && open === null) {
      this.#open = begun(report, time);
      this.#queue(noticeOf(this.#open, "began", this.#open.kind));
    } else if (!report.active && open !== null) {
      this.#open = null;
      this.#queue(noticeOf({ ...open, ended: time }, "ended", open.kind));
    }
  };

  #queue(notice: Notice): void {
    this.#told = this.#told.then(() => this.#tell(notice));
  }
}

function begun({ alarms, byHand, reason }: AlarmReport, began: string): TellableEvent {
  return {
    id: randomUUID(),
    began,
    ended: null,
    kind: byHand === "test" ? "test" : "alarm",
    labels: [...new Set(alarms.map(({ label }) => label))],
    zones: [...new Set(alarms.flatMap(({ zone }) => zone ?? []))],
    reason: reason ?? "alarm",
    bestScore: Math.max(0, ...alarms.map(({ score }) => score)),
  };
}
