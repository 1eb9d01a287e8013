import type { Box, Detection } from "../../src/detect/detection.ts";
import type { Track, TrackedFrame } from "../../src/detect/track.ts";
import { detection, frameDetections } from "./frame-detections.ts";

export interface Sighted {
  id?: number;
  label: string;
  /** Null: it is lost in this frame. */
  score: number | null;
  box?: Box;
  weak?: boolean;
}

/** A frame of 320 × 180 with these objects, as the tracker would tell of it. */
export function trackedFrame(objects: readonly Sighted[], frameId = 1): TrackedFrame {
  const tracks = objects.map(({ id = 1, label, score, box = [100, 60, 40, 40], weak = false }): Track => {
    const seen: Detection | null = score === null ? null : detection(label, score, box);
    const { isWeapon } = detection(label, 1);
    return { id, label, isWeapon, box, velocity: [0, 0], sightings: 1, seen, weak };
  });
  return {
    ...frameDetections(
      frameId,
      tracks.flatMap(({ seen }) => seen ?? []),
    ),
    tracks,
  };
}
