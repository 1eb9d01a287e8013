/** A corner; in settings, as shares of the picture's width and height. */
export type Point = readonly [x: number, y: number];

/** Whether a point lies inside: how many edges a ray to its right crosses (even–odd rule). */
export function contains(polygon: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (const [i, [ax, ay]] of polygon.entries()) {
    const [bx, by] = polygon[(i + 1) % polygon.length]!;
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}

/**
 * The first two edges that meet where they should not: cross, touch, or lie on each other. Edge i goes from corner
 * i to the next one.
 * @returns null where the outline is simple
 */
export function crossingEdges(polygon: readonly Point[]): readonly [number, number] | null {
  const corners = polygon.length;
  for (let i = 0; i < corners; i++) {
    for (let j = i + 1; j < corners; j++) {
      const [a, b] = [polygon[i]!, polygon[(i + 1) % corners]!];
      const [c, d] = [polygon[j]!, polygon[(j + 1) % corners]!];
      if (j === i + 1 || (i === 0 && j === corners - 1)) {
        // Neighbors share a corner; they meet elsewhere, too, only where one turns back on the other.
        const [before, corner, after] = j === i + 1 ? [a, b, d] : [c, a, b];
        if (turn(before, corner, after) === 0 && turnsBack(before, corner, after)) return [i, j];
      } else if (meet(a, b, c, d)) {
        return [i, j];
      }
    }
  }
  return null;
}

/** Twice the area of the triangle: positive where the way a → b → c turns right in a picture's coordinates. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);
}

function turnsBack(before: Point, corner: Point, after: Point): boolean {
  const ahead =
    (corner[0] - before[0]) * (after[0] - corner[0]) + (corner[1] - before[1]) * (after[1] - corner[1]);
  return ahead <= 0;
}

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const sides = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)].map(Math.sign);
  if (sides[0] !== sides[1] && sides[2] !== sides[3]) return true;
  return (
    sides.every((side) => side === 0) &&
    [a, b].some((point) => isBetween(point, c, d) || [c, d].some((other) => isBetween(other, a, b)))
  );
}

/** For a point that is in line with both. */
function isBetween(point: Point, a: Point, b: Point): boolean {
  return [0, 1].every((axis) => {
    const [low, high] = [Math.min(a[axis]!, b[axis]!), Math.max(a[axis]!, b[axis]!)];
    return point[axis]! >= low && point[axis]! <= high;
  });
}
