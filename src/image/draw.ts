import { chromaSize, type Picture } from "../camera/frame.ts";
import type { Detection } from "../detect/detection.ts";
import { glyphColumn, glyphHeight, glyphWidth } from "./font.ts";

/** Y, U, V. */
type Color = readonly [y: number, u: number, v: number];

const red: Color = [81, 98, 229];
const green: Color = [98, 92, 66];
const blue: Color = [92, 205, 96];
const yellow: Color = [186, 26, 157];
const white = 255;
const black = 0;

const colors: Readonly<Record<string, Color>> = {
  person: green,
  dog: yellow,
  cat: yellow,
};

/**
 * Draws boxes and labels ("handgun 0.71") on the planes in place, the first of the list on top. Lines and text
 * grow with the picture. Weapons are red, persons green, animals yellow, all else blue.
 */
export function drawDetections(picture: Picture, detections: readonly Detection[]): void {
  const shortSide = Math.min(picture.width, picture.height);
  const line = Math.max(1, Math.round(shortSide / 300));
  const textScale = Math.max(1, Math.round(shortSide / 240));
  for (let i = detections.length - 1; i >= 0; i--) {
    drawDetection(picture, detections[i]!, line, textScale);
  }
}

function drawDetection(
  picture: Picture,
  { label, isWeapon, score, box }: Detection,
  line: number,
  textScale: number,
): void {
  const color = isWeapon ? red : (colors[label] ?? blue);
  const left = Math.round(box[0]);
  const top = Math.round(box[1]);
  const right = Math.max(left + 1, Math.round(box[0] + box[2]));
  const bottom = Math.max(top + 1, Math.round(box[1] + box[3]));
  fillRectangle(picture, left, top, right, top + line, color);
  fillRectangle(picture, left, bottom - line, right, bottom, color);
  fillRectangle(picture, left, top, left + line, bottom, color);
  fillRectangle(picture, right - line, top, right, bottom, color);
  drawLabel(picture, `${label} ${score.toFixed(2)}`, left, top, textScale, color);
}

/** Above the box if there is room, else inside at its top; moved left where it would leave the picture. */
function drawLabel(
  picture: Picture,
  text: string,
  boxLeft: number,
  boxTop: number,
  scale: number,
  color: Color,
): void {
  const width = (text.length * (glyphWidth + 1) + 1) * scale;
  const height = (glyphHeight + 2) * scale;
  const left = Math.max(0, Math.min(boxLeft, picture.width - width));
  const top = boxTop >= height ? boxTop - height : Math.max(0, boxTop);
  fillRectangle(picture, left, top, left + width, top + height, color);
  // Ink changes luma only: chroma has half the resolution and would smear, and contrast is what makes it readable.
  const ink = color[0] < 128 ? white : black;
  for (let i = 0; i < text.length; i++) {
    const glyphLeft = left + (1 + i * (glyphWidth + 1)) * scale;
    drawGlyph(picture, text.charCodeAt(i), glyphLeft, top + scale, scale, ink);
  }
}

function drawGlyph(
  picture: Picture,
  code: number,
  left: number,
  top: number,
  scale: number,
  ink: number,
): void {
  for (let column = 0; column < glyphWidth; column++) {
    const x = left + column * scale;
    const rows = glyphColumn(code, column);
    for (let row = 0; row < glyphHeight; row++) {
      if (((rows >> row) & 1) === 0) {
        continue;
      }
      const y = top + row * scale;
      fillPlane(picture.data, 0, picture.width, picture.height, x, y, x + scale, y + scale, ink);
    }
  }
}

/** Fills left … right − 1, top … bottom − 1 in all planes, clipped to the picture. */
function fillRectangle(
  picture: Picture,
  left: number,
  top: number,
  right: number,
  bottom: number,
  color: Color,
): void {
  const { width, height, data } = picture;
  fillPlane(data, 0, width, height, left, top, right, bottom, color[0]);
  const chromaWidth = chromaSize(width);
  const chromaHeight = chromaSize(height);
  const u = width * height;
  const v = u + chromaWidth * chromaHeight;
  // A chroma sample belongs to the rectangle if any of its four pixels does.
  const chromaLeft = left >> 1;
  const chromaTop = top >> 1;
  const chromaRight = chromaSize(right);
  const chromaBottom = chromaSize(bottom);
  fillPlane(data, u, chromaWidth, chromaHeight, chromaLeft, chromaTop, chromaRight, chromaBottom, color[1]);
  fillPlane(data, v, chromaWidth, chromaHeight, chromaLeft, chromaTop, chromaRight, chromaBottom, color[2]);
}

/** The plane of `width` × `height` samples begins at `start`. */
function fillPlane(
  data: Uint8Array,
  start: number,
  width: number,
  height: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
  value: number,
): void {
  const from = Math.max(0, left);
  const to = Math.min(width, right);
  if (from >= to) {
    return;
  }
  const lastRow = Math.min(height, bottom);
  for (let y = Math.max(0, top); y < lastRow; y++) {
    const row = start + y * width;
    data.fill(value, row + from, row + to);
  }
}
