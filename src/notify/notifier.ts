import type { AlarmReport } from "../alarm/alarm.ts";
import type { Config } from "../config/schema.ts";
import type { TrackedFrame } from "../detect/track.ts";
import { messageOf } from "../errors.ts";
import type { StilledEvent } from "./mqtt/last-still.ts";
import { type TargetParts, Targets } from "./targets.ts";

type NotifySettings = Pick<Config, "mqtt" | "webhooks">;

/**
 * Tells others, by settings that may change while it runs: those who were told before are let go, and whoever is named
 * now goes on with what waits on disk. What happens in between is told by the latter.
 */
export class Notifier {
  readonly #parts: TargetParts;
  #targets: Targets;
  /** Changes are made one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(settings: NotifySettings, parts: TargetParts) {
    this.#parts = parts;
    this.#targets = new Targets(settings, parts);
  }

  start(): Promise<void> {
    return this.#queue(() => this.#targets.start());
  }

  /** Goes by these settings from now on, which takes a moment. */
  apply(settings: NotifySettings): void {
    void this.#queue(async () => {
      await this.#targets.stop();
      this.#targets = new Targets(settings, this.#parts, this.#targets.queues);
      await this.#targets.start();
    });
  }

  /** The alarm went on or off, was armed or disarmed. */
  alarmChanged(report: AlarmReport): void {
    this.#targets.alarmChanged(report);
  }

  /** An event began, changed or ended; it and its still are on disk. */
  eventChanged(event: StilledEvent): void {
    this.#targets.eventChanged(event);
  }

  /** Takes each frame after everything was decided about it. */
  frame(frame: Pick<TrackedFrame, "tracks">): void {
    this.#targets.frame(frame);
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    await this.#targets.stop();
  }

  #queue(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work
      .then(() => (this.#isStopped ? undefined : step()))
      .catch((error: unknown) => this.#parts.log.warn(`telling others of events: ${messageOf(error)}`));
    return this.#work;
  }
}
