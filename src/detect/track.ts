import type { Box, Detection, FrameDetections } from "./detection.ts";

/** One object followed over frames. */
export interface Track {
  /** Counts up from 1; never given twice by one tracker. */
  readonly id: number;
  /** The class that its sightings speak for most, by the sum of their scores. */
  readonly label: string;
  readonly isWeapon: boolean;
  /** Where it is by the filter, pixels of the frame, not clipped. */
  readonly box: Box;
  /** Of its center, pixels a second. */
  readonly velocity: readonly [x: number, y: number];
  /** Frames in which it was seen. */
  readonly sightings: number;
  /** What was seen of it in this frame; null while it is lost and only its motion says where it is. */
  readonly seen: Detection | null;
  /** `seen` is below the detector's threshold: enough to follow an object, not to report one. */
  readonly weak: boolean;
}

/** A frame's detections, and the objects that they belong to. */
export interface TrackedFrame extends FrameDetections {
  /** In the order of their ids; those that are lost at the moment included. */
  readonly tracks: readonly Track[];
}
