import { crossingEdges, type Point } from "../../../../src/polygon.ts";
import type { Zone } from "../../live/zones.ts";

/** What the settings take. */
export const fewestPoints = 3;
export const mostPoints = 64;
export const mostZones = 32;

/** Thousandths of the picture are finer than any finger, and short in a file of settings. */
export function onPicture(x: number, y: number): Point {
  const tidy = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
  return [tidy(x), tidy(y)];
}

export function movePoint(zone: Zone, index: number, point: Point): Zone {
  return { ...zone, points: zone.points.with(index, point) };
}

/** In the middle of the edge that begins at this point. */
export function splitEdge(zone: Zone, index: number): Zone {
  return { ...zone, points: zone.points.toSpliced(index + 1, 0, middle(zone, index)) };
}

export function middle({ points }: Zone, index: number): Point {
  const [ax, ay] = points[index]!;
  const [bx, by] = points[(index + 1) % points.length]!;
  return onPicture((ax + bx) / 2, (ay + by) / 2);
}

export function removePoint(zone: Zone, index: number): Zone {
  if (zone.points.length <= fewestPoints) return zone;
  return { ...zone, points: zone.points.toSpliced(index, 1) };
}

/** A name that no other zone has. */
export function freeName(zones: readonly Zone[], name: (number: number) => string): string {
  let number = zones.length + 1;
  while (zones.some((zone) => zone.name === name(number))) number++;
  return name(number);
}

/** What the settings would not take. */
export function problemOf({ name, points, modes }: Zone): "name" | "crossing" | "modes" | null {
  if (name.trim() === "") return "name";
  if (modes.length === 0) return "modes";
  return crossingEdges(points) === null ? null : "crossing";
}
