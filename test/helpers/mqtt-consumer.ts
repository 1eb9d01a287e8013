import { readFileSync } from "node:fs";
import mqtt, { type MqttClient } from "mqtt";
import { account, type Mosquitto } from "./mosquitto.ts";

export interface Received {
  topic: string;
  payload: Buffer;
  retained: boolean;
  /** The broker says that it sent it before. */
  again: boolean;
}

/** Somebody who listens to a camera as Home Assistant does, with a session that outlives its connections. */
export class MqttConsumer {
  readonly received: Received[] = [];
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { retain, dup }) =>
      this.received.push({ topic, payload, retained: retain, again: dup }),
    );
  }

  /** @param topics to subscribe to, with QoS 1 */
  static async connect(broker: Mosquitto, topics: string[], clientId = "consumer"): Promise<MqttConsumer> {
    const client = mqtt.connect(broker.url, {
      ...account,
      ...(broker.url.startsWith("mqtts") ? { ca: readFileSync(broker.caFile) } : {}),
      protocolVersion: 5,
      clientId,
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
      reconnectPeriod: 50,
      resubscribe: false,
    });
    // While the broker is away; the client tries again.
    client.on("error", () => {});
    const consumer = new MqttConsumer(client);
    await new Promise<void>((resolve) => client.once("connect", () => resolve()));
    await client.subscribeAsync(topics, { qos: 1 });
    return consumer;
  }

  /** The newest message of a topic as text; undefined where there was none. */
  last(topic: string): string | undefined {
    return this.received.findLast((message) => message.topic === topic)?.payload.toString();
  }

  /** The newest message of a topic as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what was received is what is tested
  lastJson(topic: string): any {
    return JSON.parse(this.last(topic) ?? "null");
  }

  of(topic: string): Received[] {
    return this.received.filter((message) => message.topic === topic);
  }

  publish(topic: string, payload: string | Buffer, retain = false): Promise<unknown> {
    return this.client.publishAsync(topic, payload, { qos: 1, retain });
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true);
  }
}
