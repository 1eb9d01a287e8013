import type { AlarmReport } from "../alarm/alarm.ts";
import { type FrameDetections, plainDetection } from "../detect/detection.ts";
import { round } from "../round.ts";
import type { CameraStatus } from "./status.ts";

/**
 * The text messages of `WS /api/v1/live`. `frameId` is the frame that a message belongs to, or the last one
 * when it was made. A `detections` message is always followed by the JPEG of its frame as a binary message.
 */

/** `{"type":"detections","frameId",…,"detections":[{"label","score","box":[x,y,w,h]}]}`, box in pixels. */
export function detectionsMessage(result: FrameDetections): string {
  return JSON.stringify({
    type: "detections",
    frameId: result.frameId,
    width: result.width,
    height: result.height,
    latencyMs: round(result.latencyMs, 1),
    detections: result.detections.map(plainDetection),
  });
}

/** `{"type":"alarm","frameId","active","reason",…}`. */
export function alarmMessage(report: AlarmReport, lastFrameId: number): string {
  return JSON.stringify({ type: "alarm", ...report, frameId: report.frameId ?? lastFrameId });
}

/** `{"type":"status","frameId",…}`: the answer of `GET /api/v1/status`. */
export function statusMessage(status: CameraStatus, lastFrameId: number): string {
  return JSON.stringify({ type: "status", frameId: lastFrameId, ...status });
}
