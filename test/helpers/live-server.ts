import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { WebSocket } from "ws";
import { Alarm } from "../../src/alarm/alarm.ts";
import { OutputDriver } from "../../src/alarm/output-driver.ts";
import { SimulatedOutput } from "../../src/alarm/simulated-output.ts";
import { AccessControl, accessFolder } from "../../src/auth/access-control.ts";
import type { Picture } from "../../src/camera/frame.ts";
import { StillCamera } from "../../src/camera/still-camera.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Detection } from "../../src/detect/detection.ts";
import { Tracker } from "../../src/detect/tracker.ts";
import type { EventArchive } from "../../src/events/event.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import type { AppParts } from "../../src/server/app.ts";
import type { CertificateSource } from "../../src/server/certificate.ts";
import { FrameMetrics } from "../../src/server/frame-metrics.ts";
import { LiveHub } from "../../src/server/live-hub.ts";
import { MetricsPage } from "../../src/server/metrics-page.ts";
import { ResultMeter } from "../../src/server/result-meter.ts";
import { Server } from "../../src/server/server.ts";
import type { SettingsEditor } from "../../src/server/settings-routes.ts";
import type { CameraStatus, StatusSource } from "../../src/server/status.ts";
import { frameDetections } from "./frame-detections.ts";
import { fetchAs, type SignedIn, signIn } from "./sign-in.ts";

export const webRoot = fileURLToPath(new URL("../../web/dist/", import.meta.url));
export const picturesRoot = fileURLToPath(new URL("../fixtures/pictures/", import.meta.url));

const noStills = new StillCamera(null, loadConfig({ env: {} }).camera);

export interface LiveServerOptions {
  port?: number;
  picture?: Picture;
  /** Of hub, viewers and alarm. */
  clock?: Clock;
  hostNames?: readonly string[];
  settings?: SettingsEditor | null;
  /** Whether one has to sign in to watch. */
  needsLogin?: boolean;
  /** Of a server that speaks HTTPS. It waits for its first user, since `fetch` trusts no such certificate. */
  certificates?: CertificateSource | null;
  /** Whether it waits for its first user; `cookie` is of nobody then. */
  isNew?: boolean;
  /** What another server has left. */
  dataDir?: string;
  /** What was recorded, or why nothing is. */
  events?: EventArchive | string;
}

/**
 * A real server, hub and alarm on a free port; the detector's part is played by `publish`. The one who made it is signed
 * in as an admin: `fetch` and `TestViewer.connect(live)` say so, a plain `fetch(live.url)` is a stranger's.
 */
export class LiveServer {
  readonly output = new SimulatedOutput(
    { gpio: 17, activeLow: false },
    "no Raspberry Pi GPIO on this machine",
    () => {},
  );
  readonly alarm: Alarm;
  readonly hub: LiveHub;
  readonly server: Server;
  /** What the server is made of. */
  readonly parts: AppParts;
  readonly picture: Picture;
  /** What `/healthz` answers. */
  problem: string | null = null;
  url = "";
  /** Of the admin's session. */
  cookie = "";
  readonly dataDir: string;
  readonly accounts: AccessControl;
  readonly #clock: Clock;
  #frameId = 0;
  readonly #meter = new ResultMeter();
  readonly #frames = new FrameMetrics();
  readonly #tracker = new Tracker();

  private constructor(options: Required<LiveServerOptions>) {
    const { picture, port, clock, hostNames, settings, events, needsLogin, dataDir, certificates } = options;
    this.picture = picture;
    this.dataDir = dataDir;
    this.accounts = new AccessControl(accessFolder(dataDir), () => {});
    this.#clock = clock;
    const outputs = [new OutputDriver(this.output, clock)];
    this.alarm = new Alarm({ classes: ["rifle"], k: 3, n: 5, holdMs: 1500 }, outputs, clock);
    const log = pino({ level: "silent" });
    const source: StatusSource = {
      status: () => this.#status(),
      alarm: () => this.alarm.report(),
      problem: () => this.problem,
    };
    this.hub = new LiveHub(source, clock, log, (ms) => this.#frames.addJpeg(ms));
    this.alarm.on("change", (report) => {
      this.hub.publishAlarm(report);
      this.#frames.addAlarm(report);
    });
    this.parts = {
      source,
      hub: this.hub,
      stills: noStills,
      alarm: this.alarm,
      settings,
      metrics: new MetricsPage(() => this.#status(), this.#frames),
      hostNames,
      events,
      accounts: this.accounts,
      needsLogin,
      clock,
      log,
      webRoot,
    };
    this.server = new Server({ host: "127.0.0.1", port }, this.parts, certificates);
  }

  static async start(options: LiveServerOptions = {}): Promise<LiveServer> {
    const picture = options.picture ?? (await decodePicture(`${picturesRoot}parity-02.png`));
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "xnorcam-live-")));
    const defaults = {
      port: 0,
      clock: systemClock,
      hostNames: [],
      events: "events are not recorded here",
      settings: null,
      needsLogin: true,
      isNew: false,
      certificates: null,
    };
    const live = new LiveServer({ ...defaults, ...options, picture, dataDir });
    await live.accounts.start();
    const { urls } = await live.server.start();
    live.url = urls[0];
    if (!options.isNew && !options.certificates) ({ cookie: live.cookie } = await signIn(live.url, dataDir));
    return live;
  }

  /** A request of the admin. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetchAs(this, path, init);
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
    const tracked = this.#tracker.update(result);
    this.alarm.update(tracked);
    this.#frames.addFrame(tracked, 0.2, 0.05);
    void this.hub.publish(tracked, this.picture);
  }

  async stop({ keepData = false } = {}): Promise<void> {
    this.alarm.stop();
    await this.server.stop();
    await this.accounts.stop();
    if (!keepData) await rm(this.dataDir, { recursive: true, force: true });
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
      events: { problem: null, events: 0, bytes: 0, dropped: 0 },
      live: this.hub.stats,
      load: { step: 0, hot: false, temperatureC: null },
      health: { status: "ok", checks: [] },
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

  /** @throws Error "refused with 401" */
  static async connect(
    { url, cookie }: SignedIn,
    { headers, ...options }: { origin?: string; headers?: Record<string, string> } = {},
  ): Promise<TestViewer> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/live`, {
      ...options,
      headers: { cookie, ...headers },
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
