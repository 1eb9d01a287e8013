import type { CurvePoint } from "../score.ts";
import { escapeHtml } from "./escape-html.ts";

/** A point of the curve that has a name: an operating point. */
export interface MarkedPoint {
  readonly name: string;
  readonly recall: number;
  readonly precision: number;
}

const width = 240;
const height = 170;
const left = 30;
const top = 18;
const bottom = 26;
const right = 8;

/** A precision–recall curve as inline SVG, 0 … 1 on both axes. */
export function curveChart(
  label: string,
  curve: readonly CurvePoint[],
  marked: readonly MarkedPoint[],
): string {
  const x = (recall: number) => (left + recall * (width - left - right)).toFixed(1);
  const y = (precision: number) => (top + (1 - precision) * (height - top - bottom)).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (at) =>
      `<path class="grid" d="M${x(0)} ${y(at)}H${x(1)}M${x(at)} ${y(0)}V${y(1)}"/>` +
      `<text class="tick" x="${left - 4}" y="${y(at)}" dy=".35em" text-anchor="end">${at}</text>` +
      `<text class="tick" x="${x(at)}" y="${height - bottom + 13}" text-anchor="middle">${at}</text>`,
  );
  const path = thinned(curve).map(
    ({ recall, precision }, i) => `${i === 0 ? "M" : "L"}${x(recall)} ${y(precision)}`,
  );
  const dots = marked.map(
    ({ name, recall, precision }) =>
      `<circle class="dot ${escapeHtml(name)}" cx="${x(recall)}" cy="${y(precision)}" r="4">` +
      `<title>${escapeHtml(name)}: recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}</title></circle>`,
  );
  return (
    `<svg class="curve" viewBox="0 0 ${width} ${height}" role="img" aria-label="Precision and recall of ${escapeHtml(label)}">` +
    `${grid.join("")}<path class="line" d="${path.join("")}"/>${dots.join("")}` +
    `<text class="axis" x="${width - right}" y="${height - 2}" text-anchor="end">recall</text>` +
    `<text class="axis" x="${left - 20}" y="10">precision</text></svg>`
  );
}

/** Of a curve of thousands of points, those that a screen can tell apart. */
function thinned(curve: readonly CurvePoint[]): CurvePoint[] {
  const step = 1 / (2 * width);
  const kept: CurvePoint[] = [];
  for (const [i, point] of curve.entries()) {
    const last = kept.at(-1);
    const moved =
      last === undefined ||
      Math.abs(point.recall - last.recall) > step ||
      Math.abs(point.precision - last.precision) > step;
    if (moved || i === curve.length - 1) kept.push(point);
  }
  return kept;
}
