import type { Point } from "../../../src/polygon.ts";

/** A part of the picture, as `alarm.zones` of the settings has it. */
export interface Zone {
  name: string;
  kind: "watch" | "ignore";
  /** Corners as shares of the picture's width and height. */
  points: readonly Point[];
  modes: readonly ("away" | "home")[];
}

/** Outlines on the picture: bright in both color schemes, and apart from the colors of boxes. */
export const zoneColors: Readonly<Record<Zone["kind"], string>> = { watch: "#38d9f5", ignore: "#b9c2cc" };
