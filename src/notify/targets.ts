import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AlarmReport } from "../alarm/alarm.ts";
import type { Config } from "../config/schema.ts";
import type { TrackedFrame } from "../detect/track.ts";
import { messageOf } from "../errors.ts";
import { Announced } from "./mqtt/announced.ts";
import { LastStill, type StilledEvent } from "./mqtt/last-still.ts";
import { MqttNotifier, type MqttParts } from "./mqtt/mqtt-notifier.ts";
import { Outbox } from "./outbox.ts";
import type { NoticeSource } from "./tellable.ts";
import { Webhook } from "./webhook.ts";

export interface TargetParts extends Omit<MqttParts, "outbox" | "announced"> {
  readonly dataDir: string;
  readonly source: NoticeSource;
  /** Folder of the stills of events, `ID.jpg`; null where none are kept. */
  readonly stillFolder: string | null;
}

/** In the data folder: what was told, and the queues, one for each target by its name. */
export const outboxName = "outbox";
const mqttQueue = "mqtt";
const webhookPrefix = "webhook-";

/**
 * Tells the broker and the webhooks that are set. What can't start is logged, and the rest goes on: nothing here keeps
 * the camera from watching.
 */
export class Targets {
  readonly #parts: TargetParts;
  readonly #folder: string;
  readonly #mqtt: MqttNotifier | null;
  readonly #lastStill: LastStill | null;
  readonly #targets: readonly (MqttNotifier | Webhook)[];
  /** By the names of their folders. */
  readonly queues = new Map<string, Outbox>();

  /** @param known queues of targets before, which are stopped: they go on, with what a full disk has kept in memory */
  constructor(
    { mqtt, webhooks }: Pick<Config, "mqtt" | "webhooks">,
    parts: TargetParts,
    known: ReadonlyMap<string, Outbox> = new Map(),
  ) {
    this.#parts = parts;
    this.#folder = join(parts.dataDir, outboxName);
    const outbox = (name: string, limit: number) => {
      const queue = known.get(name) ?? new Outbox(join(this.#folder, name), limit, parts.log);
      queue.resize(limit);
      this.queues.set(name, queue);
      return queue;
    };
    const { url, queueLimit, ...settings } = mqtt;
    this.#mqtt =
      url === null
        ? null
        : new MqttNotifier(
            { url, ...settings },
            {
              ...parts,
              outbox: outbox(mqttQueue, queueLimit),
              announced: new Announced(join(this.#folder, "announced.json")),
            },
          );
    const { stillFolder, log } = parts;
    this.#lastStill =
      this.#mqtt === null || stillFolder === null
        ? null
        : new LastStill(stillFolder, (jpeg) => this.#mqtt?.tellStill(jpeg), log);
    const hooks = webhooks.map(
      (hook) =>
        new Webhook(hook, { ...parts, outbox: outbox(`${webhookPrefix}${hook.name}`, hook.queueLimit) }),
    );
    this.#targets = this.#mqtt === null ? hooks : [this.#mqtt, ...hooks];
  }

  async start(): Promise<void> {
    const { source, log } = this.#parts;
    const started: (MqttNotifier | Webhook)[] = [];
    const attempt = async (step: () => Promise<void>) => {
      try {
        await step();
      } catch (error) {
        log.warn(`telling others of events: ${messageOf(error)}`);
      }
    };
    await attempt(() => this.#removeGone());
    // Without targets it also keeps no account of what was told: whoever is added later starts with what comes then.
    if (this.#targets.length === 0) return source.forget();
    await attempt(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    });
    for (const target of this.#targets) {
      await attempt(async () => {
        await target.start();
        started.push(target);
      });
    }
    await source.start(async (notice) => {
      await Promise.all(started.map((target) => target.tell(notice)));
    });
  }

  /** The alarm went on or off, was armed or disarmed. */
  alarmChanged(report: AlarmReport): void {
    this.#mqtt?.tellAlarm(report);
  }

  /** An event began, changed or ended; it and its still are on disk. */
  eventChanged(event: StilledEvent): void {
    this.#lastStill?.onEvent(event);
  }

  /** Takes each frame after everything was decided about it. */
  frame(frame: Pick<TrackedFrame, "tracks">): void {
    this.#mqtt?.tellTracks(frame);
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await this.#parts.source.stop();
    await Promise.all(this.#targets.map((target) => target.stop()));
  }

  /** What waits for a target that is gone from the settings is for nobody, also where one of its name is added later. */
  async #removeGone(): Promise<void> {
    if (!existsSync(this.#folder)) return;
    for (const name of await readdir(this.#folder)) {
      const isQueue = name === mqttQueue || name.startsWith(webhookPrefix);
      if (!isQueue || this.queues.has(name)) continue;
      const gone = name === mqttQueue ? "broker" : "such webhook";
      this.#parts.log.info(`${join(this.#folder, name)} is removed: there is no ${gone} any more`);
      await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }
}
