import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import { Backoff } from "../backoff.ts";
import type { NotifyLog } from "../tellable.ts";
import { type CredentialSettings, readCredentials, reasonOf } from "./credentials.ts";

export interface LinkSettings extends CredentialSettings {
  readonly url: string;
  readonly id: string;
}

export interface LinkParts {
  readonly clock: Clock;
  readonly log: NotifyLog;
  /** 0 … 1, for the waits. */
  readonly random?: () => number;
}

export interface LinkListener {
  /** Published by the broker, retained, when the camera is gone. */
  readonly will: { readonly topic: string; readonly payload: string };
  /** A connection was made. */
  onUp(): void;
  onMessage(topic: string, payload: Buffer, isRetained: boolean): void;
}

const firstWaitMs = 1000;
const longestWaitMs = 60_000;
/** A connection that lasts so long ends the row of failures. */
const steadyMs = 30_000;
const connectTimeoutMs = 15_000;
const keepaliveSeconds = 30;
/** A broker that answers pings but acknowledges nothing is as good as gone. */
const acknowledgeMs = 30_000;
/** The longest message that the broker may pass on to us (MQTT 5's Maximum Packet Size). */
const longestPacket = 4096;
/** Topic, packet id, properties and header of a message take less. */
const headroom = 512;
/** Brokers let go of a client when another comes with the same id, and often don't say so. */
const suspiciousCloses = 3;

/**
 * The connection to a broker, made anew by itself. Each is a new session that ends with it: nothing is in flight from
 * an earlier one, and commands that were sent while the camera was away are not carried out later.
 */
export class BrokerLink {
  readonly #settings: LinkSettings;
  readonly #parts: LinkParts;
  readonly #listener: LinkListener;
  readonly #backoff: Backoff;
  #client: MqttClient | null = null;
  #maxBytes = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;
  /** Connections in a row that were made and did not last. */
  #shortLived = 0;
  #isStopped = false;
  /** The last problem that was logged; null while all is well. */
  #problem: string | null = null;

  constructor(settings: LinkSettings, parts: LinkParts, listener: LinkListener) {
    this.#settings = settings;
    this.#parts = parts;
    this.#listener = listener;
    this.#backoff = new Backoff(firstWaitMs, longestWaitMs, parts.random);
  }

  get isUp(): boolean {
    return this.#client?.connected === true;
  }

  /** What a message's payload may take, bytes. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Does not wait for the broker. */
  start(): void {
    void this.#connect();
  }

  /**
   * Resolves when the broker acknowledged it (QoS 1).
   * @throws where it refuses, or the connection is or goes down: then nobody knows whether the broker has it
   */
  publish(topic: string, payload: string | Buffer, retain: boolean): Promise<void> {
    const client = this.#client;
    if (client === null || !client.connected) return Promise.reject(new Error("not connected"));
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.clock.after(acknowledgeMs, () => {
        this.complain(`no acknowledgment for ${acknowledgeMs / 1000} s`);
        client.end(true);
      });
      const settle = (error?: Error) => {
        cancel();
        client.off("close", onClose);
        if (error) reject(error);
        else resolve();
      };
      const onClose = () => settle(new Error("the connection was closed"));
      client.once("close", onClose);
      client.publish(topic, payload, { qos: 1, retain }, settle);
    });
  }

  async subscribe(topic: string): Promise<void> {
    await this.#client?.subscribeAsync(topic, { qos: 1 });
  }

  /** One line in the log for a row of problems: what follows from the first says less than it. */
  complain(problem: string): void {
    if (this.#isStopped || this.#problem !== null) return;
    this.#problem = problem;
    this.#parts.log.warn(`MQTT: ${this.#settings.url}: ${problem}; it is tried again`);
  }

  /** Idempotent. Leaves without the last will: say before what it would have said. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    const client = this.#client;
    this.#client = null;
    await client?.endAsync(true);
  }

  async #connect(): Promise<void> {
    try {
      const options = await this.#options();
      // Only who uses it pays for its memory.
      const { default: mqtt } = await import("mqtt");
      if (this.#isStopped) return;
      const client = mqtt.connect(this.#settings.url, options);
      this.#client = client;
      client.on("connect", (packet) => this.#onConnect(client, packet));
      client.on("error", (error) => this.complain(reasonOf(error)));
      client.on("message", (topic, payload, { retain }) => this.#listener.onMessage(topic, payload, retain));
      client.once("close", () => this.#onClose(client));
    } catch (error) {
      this.complain(messageOf(error));
      this.#connectLater();
    }
  }

  async #options(): Promise<IClientOptions> {
    const { id } = this.#settings;
    const { topic, payload } = this.#listener.will;
    return {
      protocolVersion: 5,
      clientId: `xnorcam-${id}`,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: connectTimeoutMs,
      keepalive: keepaliveSeconds,
      properties: { maximumPacketSize: longestPacket },
      will: { topic, payload: Buffer.from(payload), qos: 1, retain: true },
      ...(await readCredentials(this.#settings)),
    };
  }

  #onConnect(client: MqttClient, { properties }: IConnackPacket): void {
    if (this.#client !== client) return;
    this.#problem = null;
    this.#maxBytes = (properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY) - headroom;
    this.#shortLived++;
    this.#cancelTimer = this.#parts.clock.after(steadyMs, () => {
      this.#shortLived = 0;
      this.#backoff.reset();
    });
    this.#parts.log.info(`MQTT: connected to ${this.#settings.url}`);
    this.#listener.onUp();
  }

  #onClose(client: MqttClient): void {
    client.end(true);
    if (this.#client !== client) return;
    this.#client = null;
    const name = `xnorcam-${this.#settings.id}`;
    const isSuspicious = this.#shortLived >= suspiciousCloses;
    const hint = isSuspicious ? ` again: if another client calls itself ${name}, set mqtt.id to another` : "";
    this.complain(`the connection was closed${hint}`);
    this.#connectLater();
  }

  #connectLater(): void {
    if (this.#isStopped) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#parts.clock.after(this.#backoff.next(), () => void this.#connect());
  }
}
