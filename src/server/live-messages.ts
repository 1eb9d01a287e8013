import type { AlarmReport } from "../alarm/alarm.ts";
import type { Verdict } from "../alarm/state.ts";
import { plainDetection } from "../detect/detection.ts";
import type { TrackedFrame } from "../detect/track.ts";
import type { EventSummary } from "../events/event.ts";
import { round } from "../round.ts";
import type { CameraStatus } from "./status.ts";
import type { AlarmMessage, DetectionsMessage, EventMessage, StatusMessage } from "./wire.ts";

/**
 * The text messages of `WS /api/v1/live`. `frameId` is the frame that a message belongs to, or the last one
 * when it was made. A `detections` message is always followed by the JPEG of its frame as a binary message.
 */

/**
 * `{"type":"detections","frameId",…,"detections":[{"label","score","box":[x,y,w,h],"track","why"}]}`, box in pixels.
 * `track` is the id of the object, null for one by a second name; `why` says what the alarm makes of it.
 */
export function detectionsMessage(frame: TrackedFrame, verdicts: readonly Verdict[]): string {
  const message: DetectionsMessage = {
    type: "detections",
    frameId: frame.frameId,
    width: frame.width,
    height: frame.height,
    latencyMs: round(frame.latencyMs, 1),
    detections: frame.detections.map((detection) => {
      const track = frame.tracks.find(({ seen }) => seen === detection)?.id ?? null;
      const why = verdicts.find(({ trackId }) => trackId === track)?.reason ?? null;
      return { ...plainDetection(detection), track, why };
    }),
  };
  return JSON.stringify(message);
}

/** `{"type":"alarm","frameId","active","reason",…}`. */
export function alarmMessage(report: AlarmReport, lastFrameId: number): string {
  const message: AlarmMessage = { type: "alarm", ...report, frameId: report.frameId ?? lastFrameId };
  return JSON.stringify(message);
}

/** `{"type":"status","frameId",…}`: the answer of `GET /api/v1/status`. */
export function statusMessage(status: CameraStatus, lastFrameId: number): string {
  const message: StatusMessage & { frameId: number } = { type: "status", frameId: lastFrameId, ...status };
  return JSON.stringify(message);
}

/** `{"type":"event","event":{…}}`: an event of `GET /api/v1/events`. */
export function eventMessage(event: EventSummary): string {
  const message: EventMessage = { type: "event", event };
  return JSON.stringify(message);
}
