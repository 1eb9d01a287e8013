import type { Goal } from "./match.ts";

/** How many of some objects were found. */
export interface Recall {
  /** 0 … 1; 0 where there are no objects. */
  readonly recall: number;
  readonly objects: number;
}

/** Lower bounds of the size classes: √area of the box as a share of the picture's width. */
const sizes: readonly (readonly [name: string, from: number])[] = [
  ["below 1/20", 0],
  ["1/20 to 1/10", 1 / 20],
  ["1/10 to 1/5", 1 / 10],
  ["1/5 and more", 1 / 5],
];

/** The names of the size classes, smallest first. */
export const sizeNames = sizes.map(([name]) => name);

/** From here on a weapon is near enough that missing it is hard to excuse. */
export const largeSize = 1 / 10;

export function relativeSize({ picture, object: { box } }: Pick<Goal, "picture" | "object">): number {
  return Math.sqrt(box[2] * box[3]) / picture.width;
}

/** The share of the objects that a detection of at least `threshold` hit. */
export function recallOf(goals: readonly Goal[], threshold: number): Recall {
  const found = goals.filter(({ score }) => score !== null && score >= threshold).length;
  return { recall: goals.length === 0 ? 0 : found / goals.length, objects: goals.length };
}

export function recallBySize(goals: readonly Goal[], threshold: number): Record<string, Recall> {
  return recallBy(goals, threshold, (goal) => {
    const size = relativeSize(goal);
    return sizes.findLast(([, from]) => size >= from)![0];
  });
}

export function recallBySource(goals: readonly Goal[], threshold: number): Record<string, Recall> {
  return recallBy(goals, threshold, ({ picture }) => picture.source);
}

/** Size classes in their order, sources by name; those without objects are left out. */
function recallBy(
  goals: readonly Goal[],
  threshold: number,
  nameOf: (goal: Goal) => string,
): Record<string, Recall> {
  const parts = new Map<string, Goal[]>();
  for (const goal of goals) {
    const name = nameOf(goal);
    parts.set(name, [...(parts.get(name) ?? []), goal]);
  }
  const names = [...parts.keys()].sort(
    (a, b) => sizeNames.indexOf(a) - sizeNames.indexOf(b) || a.localeCompare(b),
  );
  return Object.fromEntries(names.map((name) => [name, recallOf(parts.get(name)!, threshold)]));
}
