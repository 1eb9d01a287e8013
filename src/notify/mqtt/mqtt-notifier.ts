import type { Alarm, AlarmReport } from "../../alarm/alarm.ts";
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config/schema.ts";
import type { TrackedFrame } from "../../detect/track.ts";
import { messageOf } from "../../errors.ts";
import type { Outbox } from "../outbox.ts";
import type { Commanded, Notice, NotifyLog } from "../tellable.ts";
import type { Announced, Announcement } from "./announced.ts";
import { BrokerLink } from "./broker-link.ts";
import { obey } from "./commands.ts";
import { discoveryPayload, discoveryTopic } from "./discovery.ts";
import { alarmMessage, type DiagnosticsMessage } from "./messages.ts";
import { Presence } from "./presence.ts";
import { type Topics, topicsOf } from "./topics.ts";

export type MqttSettings = Omit<Config["mqtt"], "url" | "queueLimit"> & { readonly url: string };

export interface MqttParts {
  readonly version: string;
  /** Of the model. */
  readonly classes: readonly string[];
  readonly alarm: Commanded & Pick<Alarm, "report">;
  readonly diagnostics: () => DiagnosticsMessage;
  /** The next picture of the camera as JPEG; null where none comes. */
  readonly takePicture: () => Promise<Buffer | null>;
  readonly outbox: Outbox;
  readonly announced: Announced;
  readonly clock: Clock;
  readonly log: NotifyLog;
  /** 0 … 1, for the waits. */
  readonly random?: () => number;
}

const diagnosticsMs = 10_000;
/** By then the first frames have come; before, there would always be a problem. */
const firstDiagnosticsMs = 2000;
/** An event that the broker refuses is tried again so often. */
const refusedMs = 10_000;
/** A broker that hangs must not keep the program from ending. */
const farewellMs = 1000;

/**
 * Tells a broker how the camera stands, in retained messages, the newest of each topic; and of each event, in one of
 * QoS 1 that stays on disk until the broker acknowledged it, one at a time. When a connection ends before an
 * acknowledgment, the broker may get that one event twice, with one id.
 */
export class MqttNotifier {
  readonly #settings: MqttSettings;
  readonly #parts: MqttParts;
  readonly #topics: Topics;
  readonly #announcement: Announcement;
  readonly #link: BrokerLink;
  readonly #presence: Presence;
  /** What the broker is to keep. */
  readonly #states = new Map<string, string | Buffer>();
  /** Topics of which it has an older message, or none. */
  readonly #stale = new Set<string>();
  #isTellingStates = false;
  #isTellingEvents = false;
  /** What works on the files of the queue and of what was announced; it ends with the link. */
  #tellingEvents: Promise<void> = Promise.resolve();
  #savingAnnounced: Promise<void> = Promise.resolve();
  /** What was published last was taken back or announced on this connection. */
  #isAnnounced = false;
  #cancelRetry: (() => void) | null = null;
  #cancelDiagnostics: (() => void) | null = null;
  #cancelPicture: (() => void) | null = null;
  #badCommand: string | null = null;
  #tooLarge: string | null = null;
  #isStopped = false;

  constructor(settings: MqttSettings, parts: MqttParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#topics = topicsOf(settings.id, parts.classes);
    this.#announcement = announcementOf(settings, parts, this.#topics);
    this.#presence = new Presence(parts.clock, (label, isSeen) => this.#tellSeen(label, isSeen));
    this.#link = new BrokerLink(settings, parts, {
      will: { topic: this.#topics.availability, payload: "offline" },
      onUp: () => void this.#onUp(),
      onMessage: (topic, payload, isRetained) => this.#onMessage(topic, payload, isRetained),
    });
  }

  /** Does not wait for the broker. @throws where the folder of the queue can't be used */
  async start(): Promise<void> {
    const { outbox, announced, alarm, classes } = this.#parts;
    await outbox.open();
    await announced.load();
    const { discovery } = this.#announcement;
    if (discovery !== null) this.#keep(discovery.topic, JSON.stringify(discovery.payload));
    this.tellAlarm(alarm.report());
    for (const label of classes) this.#tellSeen(label, false);
    this.#scheduleDiagnostics(firstDiagnosticsMs);
    this.#schedulePicture();
    this.#link.start();
  }

  /** Queues it. Resolves when it is on disk. */
  async tell(notice: Notice): Promise<void> {
    await this.#parts.outbox.add(notice);
    this.#wake();
  }

  tellAlarm(report: AlarmReport): void {
    this.#keep(this.#topics.alarm, JSON.stringify(alarmMessage(report)));
  }

  /** Tells what is in sight, when that changes. */
  tellTracks(frame: Pick<TrackedFrame, "tracks">): void {
    this.#presence.update(frame);
  }

  /** @param jpeg of the last event */
  tellStill(jpeg: Buffer): void {
    if (this.#settings.stills) this.#keep(this.#topics.still, jpeg);
  }

  /**
   * Idempotent. Says "offline" itself; events that were not acknowledged stay on disk, and those that were are off it:
   * then another may go on with the queue.
   */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#presence.stop();
    this.#cancelRetry?.();
    this.#cancelDiagnostics?.();
    this.#cancelPicture?.();
    if (this.#link.isUp) {
      const said = this.#link.publish(this.#topics.availability, "offline", true).catch(() => {});
      let cancel = () => {};
      const limit = new Promise<void>((resolve) => {
        cancel = this.#parts.clock.after(farewellMs, resolve);
      });
      await Promise.race([said, limit]);
      cancel();
    }
    await this.#link.stop();
    await Promise.all([this.#tellingEvents, this.#savingAnnounced.catch(() => {})]);
  }

  async #onUp(): Promise<void> {
    this.#isAnnounced = false;
    for (const topic of this.#states.keys()) this.#stale.add(topic);
    try {
      await this.#withdraw();
    } catch (error) {
      // A broker that refuses the topics of an earlier id, a full disk: the next connection tries again, and all else goes on.
      this.#link.complain(messageOf(error));
      if (!this.#link.isUp) return;
    }
    this.#isAnnounced = true;
    try {
      await this.#tellStates();
      await this.#link.publish(this.#topics.availability, "online", true);
      await this.#link.subscribe(this.#topics.command);
    } catch (error) {
      this.#link.complain(messageOf(error));
    }
    this.#wake();
  }

  /** Takes back what was announced earlier and holds no longer. */
  async #withdraw(): Promise<void> {
    const { announced } = this.#parts;
    for (const { topic, payload } of announced.withdrawals(this.#announcement)) {
      await this.#link.publish(topic, payload, true);
    }
    this.#savingAnnounced = announced.save(this.#announcement);
    await this.#savingAnnounced;
  }

  #keep(topic: string, payload: string | Buffer): void {
    if (this.#isStopped || this.#states.get(topic) === payload) return;
    this.#states.set(topic, payload);
    this.#stale.add(topic);
    void this.#tellStates();
  }

  /** One message at a time; of a topic that changes faster than the broker takes it, the newest. */
  async #tellStates(): Promise<void> {
    if (this.#isTellingStates || !this.#isAnnounced) return;
    this.#isTellingStates = true;
    try {
      for (const topic of this.#stale) {
        this.#stale.delete(topic);
        const payload = this.#states.get(topic)!;
        if (payload.length > this.#link.maxBytes) {
          this.#skip(topic, payload.length);
          continue;
        }
        try {
          await this.#link.publish(topic, payload, true);
        } catch (error) {
          // All of them are told again on the next connection.
          this.#link.complain(`${topic}: ${messageOf(error)}`);
          if (!this.#link.isUp) return;
        }
      }
    } finally {
      this.#isTellingStates = false;
    }
  }

  /** A broker ends the connection over a message that is too large. */
  #skip(topic: string, bytes: number): void {
    if (this.#tooLarge === topic) return;
    this.#tooLarge = topic;
    this.#parts.log.warn(
      `MQTT: ${topic} has ${bytes} bytes, more than the broker takes (${this.#link.maxBytes}); it is not sent`,
    );
  }

  #wake(): void {
    if (this.#isTellingEvents || this.#isStopped || !this.#link.isUp) return;
    this.#tellingEvents = this.#tellEvents();
  }

  /** Oldest first; each leaves the disk when the broker has it. */
  async #tellEvents(): Promise<void> {
    this.#isTellingEvents = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    const { outbox, clock } = this.#parts;
    try {
      for (let notice = outbox.peek(); notice !== null && !this.#isStopped; notice = outbox.peek()) {
        await this.#link.publish(this.#topics.event, JSON.stringify(notice), false);
        await outbox.remove(notice);
      }
    } catch (error) {
      this.#link.complain(`${this.#topics.event}: ${messageOf(error)}`);
      if (!this.#isStopped) this.#cancelRetry = clock.after(refusedMs, () => this.#wake());
    } finally {
      this.#isTellingEvents = false;
    }
  }

  #tellSeen(label: string, isSeen: boolean): void {
    const topic = this.#topics.seen.get(label);
    if (topic !== undefined) this.#keep(topic, isSeen ? "ON" : "OFF");
  }

  #scheduleDiagnostics(inMs: number): void {
    this.#cancelDiagnostics = this.#parts.clock.after(inMs, () => {
      this.#keep(this.#topics.diagnostics, JSON.stringify(this.#parts.diagnostics()));
      this.#scheduleDiagnostics(diagnosticsMs);
    });
  }

  #schedulePicture(): void {
    const { pictureSeconds } = this.#settings;
    if (pictureSeconds === null || this.#isStopped) return;
    this.#cancelPicture = this.#parts.clock.after(pictureSeconds * 1000, () => void this.#tellPicture());
  }

  async #tellPicture(): Promise<void> {
    // While nobody can be told, none is made.
    const jpeg = this.#link.isUp ? await this.#parts.takePicture() : null;
    if (jpeg !== null) this.#keep(this.#topics.picture, jpeg);
    this.#schedulePicture();
  }

  #onMessage(topic: string, payload: Buffer, isRetained: boolean): void {
    if (topic !== this.#topics.command) return;
    const obeyed = obey(payload, isRetained, this.#parts.alarm);
    if ("word" in obeyed) {
      this.#badCommand = null;
      this.#parts.log.info(`MQTT: ${obeyed.word}`);
    } else if (obeyed.refusal !== this.#badCommand) {
      // Somebody who sends thousands must not fill the log.
      this.#badCommand = obeyed.refusal;
      this.#parts.log.warn(`MQTT: ${obeyed.refusal}`);
    }
  }
}

function announcementOf(
  settings: MqttSettings,
  { version, classes }: MqttParts,
  topics: Topics,
): Announcement {
  const { id, name, discoveryPrefix, stills, pictureSeconds } = settings;
  const camera = { id, name, version, classes, stills, pictures: pictureSeconds !== null };
  const { availability, alarm, diagnostics, still, picture, seen } = topics;
  return {
    discovery:
      discoveryPrefix === ""
        ? null
        : { topic: discoveryTopic(discoveryPrefix, id), payload: discoveryPayload(camera, topics) },
    topics: [
      ...[availability, alarm, diagnostics],
      ...(stills ? [still] : []),
      ...(camera.pictures ? [picture] : []),
      ...seen.values(),
    ],
  };
}
