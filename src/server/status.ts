import type { AlarmReport } from "../alarm/alarm.ts";
import type { OutputReport } from "../alarm/output-driver.ts";
import type { FrameSourceStats } from "../camera/frame-source.ts";
import type { DetectionTimings } from "../detect/detection.ts";
import type { EventsReport } from "../events/event.ts";
import type { HealthReport } from "../health/health-monitor.ts";
import type { LoadReport } from "../load/load-shedder.ts";
import type { HubStats } from "./live-hub.ts";

/** The answer of `GET /api/v1/status`, and once a second a message to each page. */
export interface CameraStatus {
  version: string;
  uptimeSeconds: number;
  model: {
    name: string;
    classes: readonly string[];
    /** Those of the classes that are weapons. */
    weapons: readonly string[];
    /** Pixels of the largest input; a picture of another shape fills less of it. */
    inputWidth: number;
    inputHeight: number;
    /** What computes: "reference" is TypeScript, others are native. */
    kernels: string;
  };
  camera: FrameSourceStats & { description: string };
  detector: {
    submitted: number;
    processed: number;
    /** Frames that a newer one replaced before the detector had time for them. */
    dropped: number;
    /** Results in the last seconds. */
    fps: number;
    /** From the capture of a frame to its detections; null before the first. */
    latencyMs: Percentiles | null;
    /** Where the time of the last frame went; null before the first. */
    timings: DetectionTimings | null;
    /** Why there are no detections at the moment; null while all is well. */
    error: string | null;
  };
  /** How late the main thread was, in milliseconds; null before anything was measured. */
  eventLoopDelayMs: Percentiles | null;
  alarm: AlarmReport;
  outputs: OutputReport[];
  events: EventsReport;
  live: HubStats;
  /** What is left out for viewers since the machine is slow or hot. */
  load: LoadReport;
  /** How the machine is; looked at once a minute. */
  health: HealthReport;
  rssBytes: number;
}

export interface Percentiles {
  p50: number;
  p99: number;
}

/** What the server asks of the rest of the program. */
export interface StatusSource {
  status(): CameraStatus;
  alarm(): AlarmReport;
  /** Null while frames flow through the detector, else one line that says what is wrong. */
  problem(): string | null;
}
