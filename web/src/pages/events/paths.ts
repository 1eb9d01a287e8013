import type { EventAnswer, PathPoint, Seen } from "../../../../src/server/wire.ts";

/** An object is shown for so long after it was seen last: the clip has more frames than the detector looked at. */
const shownForMs = 600;

/** The boxes of a moment of an event, in shares of the picture. */
export function boxesAt(
  tracks: EventAnswer["tracks"],
  sinceBeganMs: number,
): Pick<Seen, "label" | "score" | "box" | "track">[] {
  return tracks.flatMap(({ id, label, path }) => {
    const point = nearest(path, sinceBeganMs);
    if (point === null) return [];
    const [, x, y, width, height, score] = point;
    return [{ label, score, box: [x, y, width, height], track: id }];
  });
}

/** @returns null where the object is not seen around this moment */
function nearest(path: readonly PathPoint[], atMs: number): PathPoint | null {
  let best: PathPoint | null = null;
  for (const point of path) {
    if (best === null || Math.abs(point[0] - atMs) < Math.abs(best[0] - atMs)) best = point;
  }
  return best !== null && Math.abs(best[0] - atMs) <= shownForMs ? best : null;
}
