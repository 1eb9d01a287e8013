import type { Box, Detection, FrameDetections } from "../../src/detect/detection.ts";

const weapons = ["handgun", "rifle", "knife"];

export function detection(label: string, score: number, box: Box = [10, 10, 40, 80]): Detection {
  return { label, isWeapon: weapons.includes(label), score, box };
}

/** What a detector would say of a 320 × 180 frame. */
export function frameDetections(
  frameId: number,
  detections: Detection[],
  options: { width?: number; height?: number; capturedAtMs?: number; weak?: Detection[] } = {},
): FrameDetections {
  return {
    frameId,
    width: options.width ?? 320,
    height: options.height ?? 180,
    capturedAtMs: options.capturedAtMs ?? 0,
    latencyMs: 100,
    timings: { letterboxMs: 4, networkMs: 90, decodeMs: 2 },
    detections,
    weak: options.weak ?? [],
  };
}
