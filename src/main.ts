import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { Alarm } from "./alarm/alarm.ts";
import { openOutputs } from "./alarm/open-outputs.ts";
import { openSource } from "./camera/open-source.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Config } from "./config/schema.ts";
import { prepareDataDir } from "./data-dir.ts";
import { Detector, type DetectorInfo } from "./detect/detector.ts";
import { messageOf, XnorcamError } from "./errors.ts";
import { EventLoopMeter } from "./server/event-loop-meter.ts";
import { LiveHub } from "./server/live-hub.ts";
import { ResultMeter } from "./server/result-meter.ts";
import { Server } from "./server/server.ts";
import { StatusReporter } from "./server/status-reporter.ts";
import { packageVersion } from "./version.ts";

const summaryMs = 60_000;

/** The whole camera: frames → detector → alarm → outputs, and everything that listens. */
export class Camera {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #clock: Clock = systemClock;
  /** How to stop what runs or starts, in the order in which it was started. */
  readonly #running: (() => void | Promise<void>)[] = [];
  readonly #stop = new AbortController();
  #alarm: Alarm | null = null;
  #starting: Promise<{ url: string }> | null = null;
  #stopping: Promise<void> | null = null;
  /** However the program ends, short of being killed: the pins would keep their level for ever. */
  readonly #outputsOff = () => this.#alarm?.stop();

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /**
   * Starts every part; it watches when this resolves.
   * @returns the address of the dashboard on this machine.
   * @throws XnorcamError XC_DATA_DIR, XC_MODEL_*, XC_GPIO, XC_PORT_IN_USE, XC_CAMERA_*, XC_NO_PICTURES, …, or
   * whatever the part that was starting says when `stop` is called meanwhile; nothing runs then.
   */
  async start(): Promise<{ url: string }> {
    this.#starting = this.#startParts();
    try {
      return await this.#starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Idempotent; the outputs are off when it returns, and nothing is left running when it resolves. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopParts();
    return this.#stopping;
  }

  async #startParts(): Promise<{ url: string }> {
    const { alarm: alarmSettings, camera, dataDir, model, outputs: outputSettings, server } = this.#config;
    const { signal } = this.#stop;
    await prepareDataDir(dataDir);
    signal.throwIfAborted();

    const results = new ResultMeter();
    /** Why no detections come at the moment. */
    let failure: string | null = null;
    /** Why no frames come. The results of the last ones don't change that; the next frame does. */
    let noFrames: string | null = null;
    const detector = new Detector(
      { modelPath: model.file, ...(model.threshold === null ? {} : { threshold: model.threshold }) },
      {
        onDetections: (result, picture) => {
          // First of all: nothing may come between a detection and the siren.
          alarm.update(result);
          failure = null;
          results.add(result, this.#clock.now());
          hub.publish(result, picture);
        },
        onFailure: (error) => {
          failure = error.message;
          this.#log.error(error.message);
        },
      },
    );
    this.#running.push(() => detector.stop());
    const info = await detector.start();
    signal.throwIfAborted();
    refuseUnknownClasses(alarmSettings.classes, info);
    this.#log.info(`${info.modelName}, ${info.inputWidth} × ${info.inputHeight}, ${info.kernels} kernels`);

    const { source, isDemo } = await openSource(camera, signal, {
      warn: (line) => this.#log.warn(line),
      onFailure: (error) => {
        noFrames = error.message;
        this.#log.error(error.message);
      },
      onEnd: (error) => {
        noFrames = error === null ? "the replay has ended" : `the replay has ended: ${messageOf(error)}`;
        this.#log.info("the replay has ended");
      },
    });
    signal.throwIfAborted();

    const { classes, k, n, holdSeconds } = alarmSettings;
    const outputs = await openOutputs(outputSettings, isDemo, this.#log);
    const alarm = new Alarm({ classes, k, n, holdMs: holdSeconds * 1000 }, outputs, this.#clock);
    this.#alarm = alarm;
    process.on("exit", this.#outputsOff);
    signal.throwIfAborted();
    alarm.on("outputError", (_output, error) => this.#log.error(messageOf(error)));

    const eventLoop = new EventLoopMeter(this.#clock);
    const { modelName, ...network } = info;
    const reporter = new StatusReporter(
      {
        version: packageVersion(),
        model: { name: modelName, ...network },
        describeSource: () => source.description,
        source,
        detector,
        results,
        eventLoop,
        alarm,
        hub: () => hub,
        failure: () => noFrames ?? failure,
      },
      this.#clock,
    );
    const hub: LiveHub = new LiveHub(reporter, this.#clock, this.#log);
    alarm.on("change", (report) => {
      this.#log.warn(
        report.active
          ? `alarm on: ${report.reason}; outputs switched ${Math.round(report.reactionMs ?? 0)} ms after frame ${report.frameId}`
          : "alarm off",
      );
      hub.publishAlarm(report);
    });

    const web = new Server(server, {
      source: reporter,
      hub,
      // A name that it listens on is its own, too.
      hostNames: [server.host, ...server.hostNames],
      clock: this.#clock,
      log: this.#log,
      webRoot: fileURLToPath(new URL("../web/", import.meta.url)),
    });
    this.#running.push(() => web.stop());
    const { urls } = await web.start();
    signal.throwIfAborted();

    this.#running.push(() => source.stop());
    await source.start((frame) => {
      noFrames = null;
      detector.submit(frame);
    });
    signal.throwIfAborted();
    this.#log.info(`${reporter.status().camera.description}; dashboard at ${urls.join(", ")}`);

    eventLoop.start();
    this.#running.push(() => eventLoop.stop());
    this.#running.push(this.#summarize(detector, results));
    return { url: urls[0] };
  }

  /** Writes a line a minute on how it runs. Returns how to stop that. */
  #summarize(detector: Detector, results: ResultMeter): () => void {
    let { processed, dropped } = detector.stats;
    const timer = setInterval(() => {
      const now = detector.stats;
      const latency = results.latency();
      this.#log.info(
        `last minute: ${now.processed - processed} frames looked at, ${now.dropped - dropped} dropped, latency ${Math.round(latency?.p50 ?? 0)} ms (p99 ${Math.round(latency?.p99 ?? 0)} ms)`,
      );
      ({ processed, dropped } = now);
    }, summaryMs);
    return () => clearInterval(timer);
  }

  async #stopParts(): Promise<void> {
    // First of all: the siren must not wait for anything that hangs.
    this.#alarm?.stop();
    this.#stop.abort();
    // Also ends the start of a part that is starting right now; stopping it again leaves it stopped.
    await this.#stopRunning();
    await this.#starting?.catch(() => {});
    this.#alarm?.stop();
    await this.#stopRunning();
    process.off("exit", this.#outputsOff);
  }

  async #stopRunning(): Promise<void> {
    for (const stop of this.#running.toReversed()) {
      try {
        await stop();
      } catch (error) {
        this.#log.error(`while stopping: ${messageOf(error)}`);
      }
    }
  }
}

function refuseUnknownClasses(wanted: readonly string[], { classes, modelName }: DetectorInfo): void {
  const unknown = wanted.find((label) => !classes.includes(label));
  if (unknown === undefined) return;
  throw new XnorcamError(
    "XC_CONFIG_INVALID",
    `alarm.classes: "${unknown}" is no class of ${modelName}; it knows ${classes.join(", ")}`,
  );
}
