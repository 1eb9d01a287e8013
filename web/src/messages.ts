/** What `WS /api/v1/live` sends: these as text, and after each "detections" its frame as a JPEG. */
export type LiveMessage = DetectionsMessage | AlarmMessage | StatusMessage;

export interface DetectionsMessage {
  type: "detections";
  frameId: number;
  /** Pixels of the frame, in which the boxes are given. */
  width: number;
  height: number;
  latencyMs: number;
  detections: Seen[];
}

export interface Seen {
  label: string;
  score: number;
  box: [x: number, y: number, width: number, height: number];
}

export interface AlarmMessage extends Alarm {
  type: "alarm";
}

export interface Alarm {
  active: boolean;
  /** While it is on, the frame that switched it on. */
  frameId: number | null;
  reason: string | null;
  activeForMs: number | null;
  offInMs: number | null;
  reactionMs: number | null;
}

export interface StatusMessage {
  type: "status";
  version: string;
  uptimeSeconds: number;
  model: { name: string; weapons: string[]; inputWidth: number; inputHeight: number; kernels: string };
  camera: { description: string; delivered: number; broken: number };
  detector: {
    processed: number;
    dropped: number;
    fps: number;
    latencyMs: { p50: number; p99: number } | null;
    error: string | null;
  };
  eventLoopDelayMs: { p50: number; p99: number } | null;
  alarm: Alarm;
  outputs: { kind: "gpio" | "simulated"; description: string; on: boolean; error: string | null }[];
  live: { viewers: { webSocket: number; mjpeg: number } };
  rssBytes: number;
}
