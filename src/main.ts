import { join } from "node:path";
import type { Logger } from "pino";
import { Alarm, type AlarmReport } from "./alarm/alarm.ts";
import { alarmSettingsOf } from "./alarm/from-config.ts";
import { findPins } from "./alarm/gpio/find-pins.ts";
import { OutputGuard } from "./alarm/gpio/output-guard.ts";
import { AlarmInputs } from "./alarm/inputs.ts";
import { openOutputs } from "./alarm/open-outputs.ts";
import { AccessControl, accessFolder } from "./auth/access-control.ts";
import { networkFile } from "./bundled-networks.ts";
import { openSource } from "./camera/open-source.ts";
import { StillCamera } from "./camera/still-camera.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Config } from "./config/schema.ts";
import type { SettingsStore } from "./config/settings-store.ts";
import { prepareDataDir } from "./data-dir.ts";
import { Detector } from "./detect/detector.ts";
import { Tracker } from "./detect/tracker.ts";
import { messageOf, XnorcamError } from "./errors.ts";
import { openEvents } from "./events/open-events.ts";
import { checkClock, checkMemory, checkPower, checkSpace, checkTemperature } from "./health/checks.ts";
import { HealthMonitor } from "./health/health-monitor.ts";
import {
  alarmPart,
  logPart,
  notifierPart,
  outputsPart,
  recorderPart,
  unknownClasses,
} from "./live-settings.ts";
import { LoadShedder, type Shedding } from "./load/load-shedder.ts";
import { readTemperature } from "./machine/temperature.ts";
import { AlarmEvents } from "./notify/alarm-events.ts";
import type { DiagnosticsMessage } from "./notify/mqtt/messages.ts";
import { Notifier } from "./notify/notifier.ts";
import { StoredEvents } from "./notify/stored-events.ts";
import { outboxName } from "./notify/targets.ts";
import { inProject } from "./project-folder.ts";
import { certificatesOf } from "./server/certificate.ts";
import { EventLoopMeter } from "./server/event-loop-meter.ts";
import { FrameMetrics } from "./server/frame-metrics.ts";
import { ownNames } from "./server/host-check.ts";
import { LiveHub } from "./server/live-hub.ts";
import { MetricsPage } from "./server/metrics-page.ts";
import { nextPicture } from "./server/next-picture.ts";
import { ResultMeter } from "./server/result-meter.ts";
import { Server } from "./server/server.ts";
import { StatusReporter } from "./server/status-reporter.ts";
import { SdNotify } from "./service/sd-notify.ts";
import { ServiceLife } from "./service/service-life.ts";
import { packageVersion } from "./version.ts";

const summaryMs = 60_000;
const noPins = "no Raspberry Pi GPIO on this machine";

export interface Started {
  /** Of the dashboard on this machine. */
  url: string;
  /** With which the first user signs in; null when there are users. */
  setupCode: string | null;
}

/** The whole camera: frames → detector → alarm → outputs, and everything that listens. */
export class Camera {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #store: SettingsStore | null;
  readonly #clock: Clock = systemClock;
  /** How to stop what runs or starts, in the order in which it was started. */
  readonly #running: (() => void | Promise<void>)[] = [];
  readonly #stop = new AbortController();
  #alarm: Alarm | null = null;
  #starting: Promise<Started> | null = null;
  #stopping: Promise<void> | null = null;
  /** However the program ends, short of being killed: the pins would keep their level for ever. */
  readonly #outputsOff = () => this.#alarm?.stop();

  /** @param store where settings are changed while it runs; without it, they stay as they are */
  constructor(config: Config, log: Logger, store: SettingsStore | null = null) {
    this.#config = config;
    this.#log = log;
    this.#store = store;
  }

  /**
   * Starts every part; it watches when this resolves.
   * @throws XnorcamError XC_DATA_DIR, XC_ACCESS_FILE, XC_MODEL_*, XC_GPIO, XC_PORT_IN_USE, XC_CAMERA_*, XC_NO_PICTURES, …, or
   * whatever the part that was starting says when `stop` is called meanwhile; nothing runs then.
   */
  async start(): Promise<Started> {
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

  async #startParts(): Promise<Started> {
    const { alarm: alarmSettings, camera, dataDir, events, model, inputs, outputs, server } = this.#config;
    const { signal } = this.#stop;
    await prepareDataDir(dataDir);
    const accounts = new AccessControl(accessFolder(dataDir), (line) => this.#log.warn(line));
    this.#running.push(() => accounts.stop());
    const setupCode = await accounts.start();
    signal.throwIfAborted();

    const results = new ResultMeter();
    const frames = new FrameMetrics();
    /** Why no detections come at the moment. */
    let failure: string | null = null;
    /** Why no frames come. The results of the last ones don't change that; the next frame does. */
    let noFrames: string | null = null;
    const tracker = new Tracker();
    const detector = new Detector(
      {
        modelPath: networkFile(model),
        sensitivity: model.sensitivity,
        closerLooks: model.closerLooks,
        ...(model.threshold === null ? {} : { threshold: model.threshold }),
      },
      {
        onDetections: (result, picture) => {
          // First of all: nothing may come between a detection and the siren.
          const beganMs = this.#clock.now();
          const tracked = tracker.update(result);
          const trackedMs = this.#clock.now();
          alarm.update(tracked);
          frames.addFrame(tracked, trackedMs - beganMs, this.#clock.now() - trackedMs);
          failure = null;
          results.add(result, this.#clock.now());
          load.add(result.latencyMs);
          const jpeg = hub.publish(tracked, picture);
          recording.recorder?.frame(tracked, picture, jpeg);
          notifier.frame(tracked);
          life.onDetections();
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
    const unknown = unknownClasses(alarmSettings, info);
    if (unknown.length > 0) {
      throw new XnorcamError("XC_CONFIG_INVALID", unknown.map(({ message }) => message).join("\n"));
    }
    const { kernelsWarning, modelName, confirmScores: _, ...network } = info;
    this.#log.info(
      `${modelName}, input up to ${info.inputWidth} × ${info.inputHeight}, ${info.kernels} kernels`,
    );
    if (kernelsWarning !== null) this.#log.warn(kernelsWarning);

    const { source, isDemo, rpicam } = await openSource(camera, signal, {
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

    const pins = isDemo ? "the bundled demo switches no pins" : ((await findPins()) ?? noPins);
    const opened = await openOutputs(outputs, pins, this.#clock, this.#log);
    const { offLines } = opened;
    const policy = alarmSettingsOf(alarmSettings, info.confirmScores);
    const alarm = new Alarm(policy, opened.drivers, this.#clock);
    this.#alarm = alarm;
    process.on("exit", this.#outputsOff);
    alarm.on("outputError", (error) => this.#log.error(messageOf(error)));
    if (offLines.length > 0) {
      const guard = new OutputGuard(offLines, (line) => this.#log.warn(line));
      this.#running.push(() => guard.stop());
      guard.start(process.env.RUNTIME_DIRECTORY);
    }
    signal.throwIfAborted();

    let detectEvery = 1;
    const load = new LoadShedder(
      this.#clock,
      () => readTemperature(),
      (shedding) => {
        detectEvery = shedding.detectEvery;
        hub.shed(shedding);
        this.#log.info(`load: ${inWords(shedding)}`);
      },
    );
    const health = new HealthMonitor(
      [() => checkTemperature(), checkPower, () => checkClock(), checkMemory, () => checkSpace(dataDir)],
      this.#clock,
      Date.now,
      this.#log,
    );
    const eventLoop = new EventLoopMeter(this.#clock);
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
        load,
        events: () => recording.report(),
        health,
        hub: () => hub,
        failure: () => noFrames ?? failure,
      },
      this.#clock,
    );
    const life = new ServiceLife(new SdNotify(process.env), this.#clock, () => reporter.problem());
    this.#running.push(() => life.stop());
    const hub: LiveHub = new LiveHub(reporter, this.#clock, this.#log, (ms) => frames.addJpeg(ms));
    const recording = await openEvents(events, dataDir, policy, alarm, {
      clock: this.#clock,
      log: this.#log,
      knownClasses: info.classes,
      onEvent: (event) => {
        hub.publishEvent(event);
        stored?.onEvent(event);
        notifier.eventChanged(event);
      },
    });
    this.#running.push(() => recording.stop());
    signal.throwIfAborted();
    alarm.on("change", (report) => {
      this.#log.warn(changeLine(report));
      frames.addAlarm(report);
      hub.publishAlarm(report);
      notifier.alarmChanged(report);
      recording.recorder?.alarmChanged(report);
    });
    const { archive } = recording;
    const stored =
      typeof archive === "string" ? null : new StoredEvents(archive, join(dataDir, outboxName), this.#log);
    const notifier = new Notifier(this.#config, {
      dataDir,
      source: stored ?? new AlarmEvents(alarm),
      stillFolder: typeof archive === "string" ? null : archive.mediaFolder,
      version: packageVersion(),
      classes: info.classes,
      alarm,
      diagnostics: () => diagnosticsOf(reporter),
      takePicture: () => nextPicture(hub, this.#clock),
      clock: this.#clock,
      log: this.#log,
    });
    this.#running.push(() => notifier.stop());
    await notifier.start();
    signal.throwIfAborted();
    if (typeof pins !== "string") {
      const buttons = new AlarmInputs(alarm, this.#clock, this.#log);
      this.#running.push(() => buttons.stop());
      await buttons.start(inputs, pins);
      signal.throwIfAborted();
    } else if (inputs.length > 0) this.#log.warn(`no buttons and switches: ${pins}`);

    const parts = [
      alarmPart(alarm, info),
      outputsPart(opened, alarm),
      notifierPart(notifier),
      logPart(this.#log),
    ];
    for (const part of parts) this.#store?.connect(part);
    if (recording.recorder !== null) this.#store?.connect(recorderPart(recording.recorder, info));
    this.#store?.on("change", ({ applied, restart }) =>
      this.#log.warn(`settings changed: ${list(applied)} now, ${list(restart)} at the next start`),
    );
    // A name that it listens on is its own, too.
    const hostNames = [server.host, ...server.hostNames];
    const names = [...ownNames(), ...server.hostNames];
    const web = new Server(
      server,
      {
        source: reporter,
        hub,
        stills: new StillCamera(rpicam, camera),
        alarm,
        settings: this.#store,
        metrics: new MetricsPage(() => reporter.status(), frames),
        hostNames,
        accounts,
        needsLogin: server.login,
        events: recording.archive,
        clock: this.#clock,
        log: this.#log,
        webRoot: inProject("web/dist"),
      },
      certificatesOf(server.tls, accessFolder(dataDir), names),
    );
    this.#running.push(() => web.stop());
    const { urls } = await web.start();
    signal.throwIfAborted();

    this.#running.push(() => source.stop());
    await source.start((frame) => {
      noFrames = null;
      if (frame.id % detectEvery === 0) detector.submit(frame);
    });
    signal.throwIfAborted();
    if (setupCode !== null) {
      this.#log.warn(
        `nobody can sign in yet: the setup code is ${setupCode}, also in ${accounts.setupCode.path}`,
      );
    }
    this.#log.info(`${reporter.status().camera.description}; dashboard at ${urls.join(", ")}`);

    this.#running.push(() => health.stop());
    // Not waited for: it asks other programs.
    void health.start();
    load.start();
    this.#running.push(() => load.stop());
    eventLoop.start();
    this.#running.push(() => eventLoop.stop());
    this.#running.push(this.#summarize(detector, results));
    return { url: urls[0], setupCode };
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

function list(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

function inWords({ viewerEvery, viewerDivisor, detectEvery }: Shedding): string {
  const viewers =
    viewerDivisor === 1 ? "whole pictures" : `pictures of half the size, one frame of ${viewerEvery}`;
  return `viewers get ${viewers}${detectEvery === 1 ? "" : "; hot, so every second frame is looked at"}`;
}

function diagnosticsOf(reporter: StatusReporter): DiagnosticsMessage {
  const { detector, load } = reporter.status();
  return {
    fps: detector.fps,
    latencyMs: detector.latencyMs?.p50 ?? null,
    temperature: load.temperatureC,
    problem: reporter.problem(),
  };
}

/** "alarm on: knife 0.71 in 4 of 6 frames, …" */
function changeLine({ active, phase, mode, reason, frameId, reactionMs }: AlarmReport): string {
  if (active && frameId === null) return `alarm on: ${reason}`;
  if (active) {
    return `alarm on: ${reason}; outputs switched ${Math.round(reactionMs ?? 0)} ms after frame ${frameId}`;
  }
  return `alarm off, ${phase === "off" ? "not armed" : `${phase}, armed ${mode}`}${reason === null ? "" : `: ${reason}`}`;
}
