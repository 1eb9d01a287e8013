import type { Box, Detection } from "../detect/detection.ts";
import { contains, type Point } from "../polygon.ts";
import type { ArmMode, CompleteAlarmSettings } from "./settings.ts";

/** A detection that counts toward the alarm. */
export interface Sighting {
  readonly label: string;
  readonly score: number;
  /** The watched zone in which it was; null where there is none. */
  readonly zone: string | null;
}

/** Whether a detection counts, or one phrase that says why not. */
export type Judgment = { readonly sighting: Sighting } | { readonly refusal: string };

/** Holds a detection against the settings. */
export function judge(
  { label, score, box, isWeapon }: Detection,
  weak: boolean,
  frame: { readonly width: number; readonly height: number },
  settings: CompleteAlarmSettings,
  mode: ArmMode,
): Judgment {
  const threshold = settings.thresholds[label] ?? 0;
  if (weak) return { refusal: "below the model's threshold" };
  if (score < threshold) return { refusal: `below ${threshold.toFixed(2)}` };
  const size = Math.sqrt(box[2] * box[3]) / frame.width;
  if (size < settings.minSize) {
    return {
      refusal: `too small, ${percent(size)} of the picture's width where ${percent(settings.minSize)} count`,
    };
  }
  const at = anchor(box, isWeapon, frame);
  const zones = settings.zones.filter(({ modes }) => modes.includes(mode));
  const here = zones.filter(({ points }) => contains(points, at));
  const ignored = here.find(({ kind }) => kind === "ignore");
  if (ignored !== undefined) return { refusal: `in zone ${ignored.name}, which is ignored` };
  const watched = here.find(({ kind }) => kind === "watch");
  if (watched === undefined && zones.some(({ kind }) => kind === "watch")) {
    return { refusal: "outside every watched zone" };
  }
  return { sighting: { label, score, zone: watched?.name ?? null } };
}

/** What says where an object is: its foot, by which people draw zones on a floor; a weapon, in a hand, its center. */
function anchor(
  [left, top, width, height]: Box,
  isWeapon: boolean,
  frame: { width: number; height: number },
): Point {
  const y = isWeapon ? top + height / 2 : top + height;
  // A foot on the lower edge would be outside of a zone that reaches down to it.
  return [(left + width / 2) / frame.width, Math.min(y / frame.height, 1 - 1e-6)];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
