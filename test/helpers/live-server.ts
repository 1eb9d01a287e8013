import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { WebSocket } from "ws";
import { Alarm } from "../../src/alarm/alarm.ts";
import { SimulatedOutput } from "../../src/alarm/simulated-output.ts";
import type { Picture } from "../../src/camera/frame.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { Detection } from "../../src/detect/detection.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { LiveHub } from "../../src/server/live-hub.ts";
import { ResultMeter } from "../../src/server/result-meter.ts";
import { Server } from "../../src/server/server.ts";
import type { CameraStatus, StatusSource } from "../../src/server/status.ts";
import { frameDetections } from "./frame-detections.ts";

export const webRoot = fileURLToPath(new URL("../../web/", import.meta.url));
export const picturesRoot = fileURLToPath(new URL("../fixtures/pictures/", import.meta.url));

export interface LiveServerOptions {
  port?: number;
  picture?: Picture;
  /** Of hub, viewers and alarm. */
  clock?: Clock;
  hostNames?: readonly string[];
}

/** A real server, hub and alarm on a free port; the detector's part is played by `publish`. */
export class LiveServer {
  readonly output = new SimulatedOutput(
    { gpio: 17, activeLow: false },
    "no Raspberry Pi GPIO on this machine",
    () => {},
  );
  readonly alarm: Alarm;
  readonly hub: LiveHub;
  readonly server: Server;
  readonly picture: Picture;
  /** What `/healthz` answers. */
  problem: string | null = null;
  url = "";
  readonly #clock: Clock;
  #frameId = 0;
  readonly #meter = new ResultMeter();

  private constructor({ picture, port, clock, hostNames }: Required<LiveServerOptions>) {
    this.picture = picture;
    this.#clock = clock;
    this.alarm = new Alarm({ classes: ["rifle"], k: 3, n: 5, holdMs: 1500 }, [this.output], clock);
    const log = pino({ level: "silent" });
    const source: StatusSource = {
      status: () => this.#status(),
      alarm: () => this.alarm.report(),
      problem: () => this.problem,
    };
    this.hub = new LiveHub(source, clock, log);
    this.alarm.on("change", (report) => this.hub.publishAlarm(report));
    this.server = new Server(
      { host: "127.0.0.1", port },
      { source, hub: this.hub, hostNames, clock, log, webRoot },
    );
  }

  static async start(options: LiveServerOptions = {}): Promise<LiveServer> {
    const picture = options.picture ?? (await decodePicture(`${picturesRoot}parity-02.png`));
    const live = new LiveServer({ port: 0, clock: systemClock, hostNames: [], ...options, picture });
    const { urls } = await live.server.start();
    live.url = urls[0];
    return live;
  }

  /** What happens when the detector is done with a frame. */
  publish(detections: Detection[] = []): void {
    const now = this.#clock.now();
    const { width, height } = this.picture;
    const result = frameDetections(++this.#frameId, detections, {
      width,
      height,
      capturedAtMs: now - 100,
    });
    this.#meter.add(result, now);
    this.alarm.update(result);
    this.hub.publish(result, this.picture);
  }

  async stop(): Promise<void> {
    this.alarm.stop();
    await this.server.stop();
  }

  #status(): CameraStatus {
    const now = this.#clock.now();
    return {
      version: "0.1.0",
      uptimeSeconds: Math.round(now / 1000),
      model: {
        name: "xnor-yolo-zero",
        classes: ["person", "rifle"],
        weapons: ["rifle"],
        inputWidth: 224,
        inputHeight: 160,
        kernels: "reference",
      },
      camera: { description: "replay of a bundled training clip", delivered: this.#frameId, broken: 0 },
      detector: {
        submitted: this.#frameId,
        processed: this.#frameId,
        dropped: 0,
        fps: this.#meter.fps(now),
        latencyMs: this.#meter.latency(),
        timings: this.#meter.timings,
        error: null,
      },
      eventLoopDelayMs: null,
      alarm: this.alarm.report(),
      outputs: this.alarm.outputReports(),
      live: this.hub.stats,
      rssBytes: process.memoryUsage.rss(),
    };
  }
}

export interface ReceivedMessage {
  type: string;
  frameId: number;
  [key: string]: unknown;
}

/** A page without a browser: collects what the live WebSocket sends, in order. */
export class TestViewer {
  readonly socket: WebSocket;
  /** JSON messages, and JPEGs as buffers. */
  readonly received: (ReceivedMessage | Buffer)[] = [];
  closed: { code: number; reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => {
      this.received.push(isBinary ? data : (JSON.parse(data.toString()) as ReceivedMessage));
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  static async connect(
    url: string,
    options: { origin?: string; headers?: Record<string, string> } = {},
  ): Promise<TestViewer> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/live`, {
      ...options,
      perMessageDeflate: false,
    });
    const viewer = new TestViewer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
      socket.once("error", reject);
    });
    return viewer;
  }

  get jpegs(): Buffer[] {
    return this.received.filter((message) => Buffer.isBuffer(message));
  }

  messages(type: string): ReceivedMessage[] {
    return this.received.filter(
      (message): message is ReceivedMessage => !Buffer.isBuffer(message) && message.type === type,
    );
  }

  close(): void {
    this.socket.terminate();
  }
}
