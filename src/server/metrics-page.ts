import type * as PromClient from "prom-client";
import type { CheckStatus } from "../health/check.ts";
import type { DurationHistogram } from "./duration-histogram.ts";
import { type FrameMetrics, stageNames } from "./frame-metrics.ts";
import type { CameraStatus } from "./status.ts";

type Library = Pick<typeof PromClient, "Registry" | "Gauge" | "Counter">;
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null | undefined];

const severities: Readonly<Record<CheckStatus, number>> = { ok: 0, warning: 1, failed: 2 };
const percentiles = { p50: "0.5", p99: "0.99" } as const;

/**
 * What `GET /metrics` says, in the text format of Prometheus. Everything is gathered when somebody asks, and only then
 * is the library that writes it loaded: it takes 10 MB, which a camera that nobody scrapes keeps.
 */
export class MetricsPage {
  readonly #status: () => CameraStatus;
  readonly #frames: FrameMetrics;

  constructor(status: () => CameraStatus, frames: FrameMetrics) {
    this.#status = status;
    this.#frames = frames;
  }

  /** @returns the text, and its media type */
  async render(): Promise<{ text: string; contentType: string }> {
    const page = new Page((await import("prom-client")).default);
    const status = this.#status();
    writeFrames(page, status, this.#frames);
    writeAlarm(page, status, this.#frames);
    writeViewers(page, status);
    writeMachine(page, status);
    return { text: await page.registry.metrics(), contentType: page.registry.contentType };
  }
}

function writeFrames(page: Page, { camera, detector }: CameraStatus, frames: FrameMetrics): void {
  page.counter("xnorcam_camera_frames_total", "Frames that the camera has delivered.", [
    [{}, camera.delivered],
  ]);
  page.counter("xnorcam_camera_broken_total", "Pictures that could not be read.", [[{}, camera.broken]]);
  page.counter("xnorcam_detector_frames_total", "Frames that were looked at.", [[{}, detector.processed]]);
  page.counter(
    "xnorcam_detector_dropped_total",
    "Frames that a newer one replaced before they were looked at.",
    [[{}, detector.dropped]],
  );
  page.gauge("xnorcam_detector_fps", "Frames that are looked at in a second.", [[{}, detector.fps]]);
  page.histogram("xnorcam_latency_seconds", "From the capture of a frame to its detections.", [
    [{}, frames.latency],
  ]);
  page.histogram(
    "xnorcam_stage_seconds",
    "Where the time of a frame goes; stage jpeg only for frames that somebody watches.",
    stageNames.map((stage) => [{ stage }, frames.stages[stage]]),
  );
  page.counter(
    "xnorcam_detections_total",
    "Objects that were seen, each in each frame.",
    byKey("class", frames.detections),
  );
}

function writeAlarm(page: Page, { alarm, outputs }: CameraStatus, frames: FrameMetrics): void {
  page.gauge("xnorcam_alarm_active", "1 while the alarm is on.", [[{}, Number(alarm.active)]]);
  page.gauge(
    "xnorcam_alarm_armed",
    "1 for the mode in which the camera is: away, home or off.",
    (["away", "home", "off"] as const).map((mode): Sample => [{ mode }, Number(mode === alarm.mode)]),
  );
  page.counter(
    "xnorcam_alarms_total",
    "How often the alarm went on, by the class that raised it; by hand, too.",
    byKey("cause", frames.alarms),
  );
  page.histogram("xnorcam_alarm_reaction_seconds", "From the capture of a frame to the switched outputs.", [
    [{}, frames.reaction],
  ]);
  page.gauge(
    "xnorcam_output_failed",
    "1 for an output that could not be switched.",
    outputs.map(({ description, error }) => [{ output: description }, Number(error !== null)]),
  );
}

function writeViewers(page: Page, { live }: CameraStatus): void {
  const { webSocket, mjpeg } = live.viewers;
  page.gauge("xnorcam_viewers", "Who watches.", [
    [{ kind: "websocket" }, webSocket],
    [{ kind: "mjpeg" }, mjpeg],
  ]);
  page.counter("xnorcam_viewers_cut_off_total", "Viewers who had stopped reading.", [[{}, live.cutOff]]);
  page.counter("xnorcam_encodes_total", "Pictures that were encoded for viewers.", [
    [{ picture: "clean" }, live.encodes.clean],
    [{ picture: "boxed" }, live.encodes.boxed],
  ]);
  page.counter(
    "xnorcam_encodes_skipped_total",
    "Frames that nobody was shown: the one before was still encoded.",
    [[{}, live.skipped]],
  );
}

function writeMachine(page: Page, status: CameraStatus): void {
  const { version, model, load, health, eventLoopDelayMs, rssBytes, uptimeSeconds } = status;
  const measured = (check: string) => health.checks.find(({ name }) => name === check)?.measured;
  page.gauge("xnorcam_info", "Always 1.", [[{ version, model: model.name, kernels: model.kernels }, 1]]);
  page.gauge("xnorcam_uptime_seconds", "Since the start.", [[{}, uptimeSeconds]]);
  page.gauge("xnorcam_temperature_celsius", "Of the processor.", [
    [{}, load.temperatureC ?? measured("temperature")?.celsius],
  ]);
  page.gauge("xnorcam_disk_free_bytes", "Where the camera keeps its data.", [
    [{}, measured("space")?.freeBytes],
  ]);
  page.gauge("xnorcam_memory_available_bytes", "Of the machine.", [[{}, measured("memory")?.freeBytes]]);
  page.gauge("xnorcam_throttled", "1 while a Raspberry Pi is slowed down, by its firmware.", [
    [{}, measured("power")?.throttled],
  ]);
  page.gauge("xnorcam_under_voltage", "1 while a Raspberry Pi gets too little power, by its firmware.", [
    [{}, measured("power")?.underVoltage],
  ]);
  page.gauge("xnorcam_load_shed_step", "How much is left out for viewers: 0 nothing, 3 the most.", [
    [{}, load.step],
  ]);
  page.gauge("xnorcam_load_hot", "1 while fewer frames are looked at since the processor is hot.", [
    [{}, Number(load.hot)],
  ]);
  page.gauge(
    "xnorcam_health",
    "What each check has found: 0 well, 1 a warning, 2 a failure.",
    health.checks.map(({ name, status: found }) => [{ check: name }, severities[found]]),
  );
  page.gauge(
    "xnorcam_event_loop_delay_seconds",
    "How late the main thread was in the last ten seconds.",
    (["p50", "p99"] as const).map((key): Sample => {
      const ms = eventLoopDelayMs?.[key];
      return [{ quantile: percentiles[key] }, ms === undefined ? null : ms / 1000];
    }),
  );
  page.gauge("process_resident_memory_bytes", "Memory of the program.", [[{}, rssBytes]]);
  const { user, system } = process.cpuUsage();
  page.counter("process_cpu_seconds_total", "Time of the processor that the program took.", [
    [{}, (user + system) / 1e6],
  ]);
}

function byKey(label: string, counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([key, count]) => [{ [label]: key }, count]);
}

/** One answer; a registry of its own, so that nothing else is in it. Samples without a value are left out. */
class Page {
  readonly registry: PromClient.Registry;
  readonly #library: Library;

  constructor(library: Library) {
    this.#library = library;
    this.registry = new library.Registry();
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    const known = samples.filter(isKnown);
    if (known.length === 0) return;
    const gauge = new this.#library.Gauge(this.#options(name, help, known));
    for (const [labels, value] of known) gauge.set(labels, value);
  }

  counter(name: string, help: string, samples: readonly Sample[]): void {
    const known = samples.filter(isKnown);
    if (known.length === 0) return;
    const counter = new this.#library.Counter(this.#options(name, help, known));
    for (const [labels, value] of known) counter.inc(labels, value);
  }

  /** The library's own histogram takes single observations only; this is one that has counted them before. */
  histogram(name: string, help: string, parts: readonly (readonly [Labels, DurationHistogram])[]): void {
    const values = parts.flatMap(([labels, histogram]) => {
      const buckets = histogram.buckets();
      return [
        ...buckets.map(({ upToSeconds, count }) => ({
          metricName: `${name}_bucket`,
          labels: { ...labels, le: Number.isFinite(upToSeconds) ? String(upToSeconds) : "+Inf" },
          value: count,
        })),
        { metricName: `${name}_sum`, labels, value: histogram.sumSeconds },
        { metricName: `${name}_count`, labels, value: buckets.at(-1)!.count },
      ];
    });
    const counted = { name, help, type: "histogram", aggregator: "sum", values };
    const metric = { ...counted, get: () => Promise.resolve(counted) };
    this.registry.registerMetric(metric as unknown as PromClient.Histogram);
  }

  #options(name: string, help: string, samples: readonly Sample[]) {
    const labelNames = Object.keys(samples[0]?.[0] ?? {});
    return { name, help, labelNames, registers: [this.registry] };
  }
}

function isKnown(sample: Sample): sample is readonly [Labels, number] {
  return typeof sample[1] === "number";
}
