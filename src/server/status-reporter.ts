import type { Alarm, AlarmReport } from "../alarm/alarm.ts";
import type { FrameSource } from "../camera/frame-source.ts";
import type { Clock } from "../clock.ts";
import type { EventsReport } from "../events/event.ts";
import type { HealthMonitor } from "../health/health-monitor.ts";
import type { LoadShedder } from "../load/load-shedder.ts";
import { round } from "../round.ts";
import type { EventLoopMeter } from "./event-loop-meter.ts";
import type { LiveHub } from "./live-hub.ts";
import type { ResultMeter } from "./result-meter.ts";
import type { CameraStatus, StatusSource } from "./status.ts";

/** Longer without a result, and the camera is not watching any more. */
const silenceLimitMs = 10_000;

/** What the report is made of. */
export interface StatusParts {
  version: string;
  model: CameraStatus["model"];
  /** Asked each time: a source knows more of itself once it plays. */
  describeSource: () => string;
  source: Pick<FrameSource, "stats">;
  detector: { stats: { submitted: number; processed: number; dropped: number } };
  results: ResultMeter;
  eventLoop: EventLoopMeter;
  alarm: Alarm;
  load: LoadShedder;
  /** Asked late: events are opened when there is an alarm. */
  events: () => EventsReport;
  health: HealthMonitor;
  /** Asked late: the hub needs a status source itself. */
  hub: () => Pick<LiveHub, "stats">;
  /** Why no frames come, where a part knows it; null while all is well. */
  failure: () => string | null;
}

/** Gathers from the running parts how things stand. */
export class StatusReporter implements StatusSource {
  readonly #parts: StatusParts;
  readonly #clock: Clock;
  readonly #startedMs: number;

  constructor(parts: StatusParts, clock: Clock) {
    this.#parts = parts;
    this.#clock = clock;
    this.#startedMs = clock.now();
  }

  status(): CameraStatus {
    const { version, model, source, detector, results, eventLoop, alarm } = this.#parts;
    const now = this.#clock.now();
    return {
      version,
      uptimeSeconds: Math.round((now - this.#startedMs) / 1000),
      model,
      camera: { description: this.#parts.describeSource(), ...source.stats },
      detector: {
        submitted: detector.stats.submitted,
        processed: detector.stats.processed,
        dropped: detector.stats.dropped,
        fps: round(results.fps(now), digits),
        latencyMs: rounded(results.latency()),
        timings: rounded(results.timings),
        error: this.#parts.failure(),
      },
      eventLoopDelayMs: rounded(eventLoop.delay()),
      alarm: alarm.report(),
      outputs: alarm.outputReports(),
      events: this.#parts.events(),
      live: this.#parts.hub().stats,
      load: this.#parts.load.report(),
      health: this.#parts.health.report(),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  alarm(): AlarmReport {
    return this.#parts.alarm.report();
  }

  problem(): string | null {
    const failure = this.#parts.failure();
    if (failure !== null) return failure;
    const { lastMs } = this.#parts.results;
    if (lastMs === null) return "no frame has gone through the detector yet";
    const silentMs = this.#clock.now() - lastMs;
    if (silentMs < silenceLimitMs) return null;
    return `no frame has gone through the detector for ${Math.round(silentMs / 1000)} s`;
  }
}

/** Tenths are more than the measurements are good for. */
const digits = 1;

function rounded<Numbers extends object>(numbers: Numbers | null): Numbers | null {
  if (numbers === null) return null;
  const entries = Object.entries(numbers).map(([name, value]: [string, number]) => [
    name,
    round(value, digits),
  ]);
  return Object.fromEntries(entries) as Numbers;
}
