import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Alarm } from "../../src/alarm/alarm.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Announced } from "../../src/notify/mqtt/announced.ts";
import type { DiagnosticsMessage } from "../../src/notify/mqtt/messages.ts";
import { MqttNotifier, type MqttSettings } from "../../src/notify/mqtt/mqtt-notifier.ts";
import { Outbox } from "../../src/notify/outbox.ts";
import { type Notice, noticeOf, type TellableEvent } from "../../src/notify/tellable.ts";
import { account, type Mosquitto } from "./mosquitto.ts";

export interface MqttCameraOptions extends Partial<MqttSettings> {
  /** What an earlier run left. */
  folder?: string;
  classes?: string[];
  queueLimit?: number;
}

/** An alarm that tells a broker; the camera's part is played by the test. */
export class MqttCamera {
  readonly alarm = new Alarm({ classes: ["rifle"], k: 1, n: 1, holdMs: 60_000 }, [], systemClock);
  readonly folder: string;
  readonly outbox: Outbox;
  readonly notifier: MqttNotifier;
  readonly logged: string[] = [];
  /** What the camera sees. */
  picture: Buffer | null = null;
  diagnostics: DiagnosticsMessage = { fps: 4.8, latencyMs: 105, temperature: null, problem: null };

  private constructor(broker: Mosquitto, options: MqttCameraOptions) {
    const { folder, classes = ["person", "rifle"], queueLimit = 1000, ...changes } = options;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), "xnorcam-telling-"));
    const log = {
      info: (line: string) => void this.logged.push(line),
      warn: (line: string) => void this.logged.push(line),
    };
    this.outbox = new Outbox(join(this.folder, "mqtt"), queueLimit, log);
    const { mqtt } = loadConfig({ env: {} });
    this.notifier = new MqttNotifier(
      { ...mqtt, url: broker.url, ...account, ...changes },
      {
        version: "0.1.0",
        classes,
        alarm: this.alarm,
        diagnostics: () => this.diagnostics,
        takePicture: () => Promise.resolve(this.picture),
        outbox: this.outbox,
        announced: new Announced(join(this.folder, "announced.json")),
        clock: systemClock,
        log,
        // The shortest waits.
        random: () => 1,
      },
    );
    this.alarm.on("change", (report) => this.notifier.tellAlarm(report));
  }

  static async start(broker: Mosquitto, options: MqttCameraOptions = {}): Promise<MqttCamera> {
    const camera = new MqttCamera(broker, options);
    await camera.notifier.start();
    return camera;
  }

  async stop(): Promise<void> {
    this.alarm.stop();
    await this.notifier.stop();
  }
}

export function tellable(id: string, changes: Partial<TellableEvent> = {}): TellableEvent {
  return {
    id,
    began: "2026-01-02T03:04:05.678Z",
    ended: null,
    kind: "alarm",
    labels: ["knife"],
    zones: ["counter"],
    reason: "knife 0.71 in 4 of 6 frames, zone counter, armed away",
    bestScore: 0.71,
    ...changes,
  };
}

export function beganNotice(id: string, changes: Partial<TellableEvent> = {}): Notice {
  const event = tellable(id, changes);
  return noticeOf(event, "began", event.kind);
}
