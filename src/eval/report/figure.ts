import { basename } from "node:path";
import type { Box, Detection } from "../../detect/detection.ts";
import { sharp } from "../../image/sharp.ts";
import { escapeHtml } from "./escape-html.ts";
import type { Mistake } from "./mistakes.ts";

const longestSide = 320;

/**
 * A picture with what is labeled in it (dashed), what was seen (thin), and the mistake (thick), as HTML; the picture
 * itself is inside as a data URI.
 * @param detections to show beside the mistake
 */
export async function figure(
  { picture, box, kind, caption }: Mistake,
  detections: readonly Detection[],
): Promise<string> {
  const jpeg = await sharp(picture.path)
    .autoOrient()
    .resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 72 })
    .toBuffer();
  const { width, height, path, source, group } = picture;
  const labeled = picture.objects.map((object) => rectangle("labeled", object.box, object.label));
  const seen = detections.map((one) => rectangle("seen", one.box, `${one.label} ${one.score.toFixed(2)}`));
  const name = escapeHtml(basename(path));
  return (
    `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}: ${kind}, ${escapeHtml(caption)}">` +
    `<image href="data:image/jpeg;base64,${jpeg.toString("base64")}" width="${width}" height="${height}"/>` +
    `${labeled.join("")}${seen.join("")}${rectangle(kind === "miss" ? "miss" : "alarm", box, caption)}</svg>` +
    `<figcaption>${escapeHtml(caption)}<small>${name}${escapeHtml(from(source, group))}</small></figcaption></figure>`
  );
}

function from(source: string, group: string): string {
  const known = [source, group].filter((word) => word !== "");
  return known.length === 0 ? "" : `, ${known.join(", ")}`;
}

function rectangle(kind: string, [left, top, width, height]: Box, title: string): string {
  const sides = [left, top, width, height].map((side) => side.toFixed(1));
  return (
    `<rect class="${kind}" x="${sides[0]}" y="${sides[1]}" width="${sides[2]}" height="${sides[3]}">` +
    `<title>${escapeHtml(title)}</title></rect>`
  );
}
