import type { DetectionsMessage, Seen } from "../../../src/server/wire.ts";
import { boxColors, kindOf } from "./kinds.ts";
import { type Zone, zoneColors } from "./zones.ts";

/** The canvas with the live picture; zones, boxes and labels are drawn over it at the screen's resolution. */
export class LivePicture {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #resizes: ResizeObserver;
  #weapons: ReadonlySet<string> = new Set();
  #zones: readonly Zone[] = [];
  #withBoxes = true;
  #shown: { picture: ImageBitmap; message: DetectionsMessage } | null = null;
  /** The newest frame that came while another was being decoded. */
  #next: { jpeg: ArrayBuffer; message: DetectionsMessage } | null = null;
  #decoding = false;

  /** @param onResize is told how many device pixels wide the picture is, now and whenever that changes */
  constructor(canvas: HTMLCanvasElement, onResize: (pixels: number) => void) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false })!;
    this.#resizes = new ResizeObserver(() => {
      onResize(Math.round(canvas.clientWidth * devicePixelRatio));
      this.#draw();
    });
    this.#resizes.observe(canvas);
  }

  set weapons(labels: readonly string[]) {
    this.#weapons = new Set(labels);
  }

  set zones(zones: readonly Zone[]) {
    this.#zones = zones;
    this.#draw();
  }

  /** Whether what is seen is drawn; where zones are drawn by hand, it is in the way. */
  set withBoxes(shown: boolean) {
    this.#withBoxes = shown;
    this.#draw();
  }

  /** Shows a frame as soon as it is decoded; of those that come meanwhile, only the newest. */
  show(jpeg: ArrayBuffer, message: DetectionsMessage): void {
    this.#next = { jpeg, message };
    if (!this.#decoding) void this.#decodeWaiting();
  }

  /** Lets go of the canvas. */
  close(): void {
    this.#resizes.disconnect();
    this.#next = null;
    this.#shown?.picture.close();
    this.#shown = null;
  }

  async #decodeWaiting(): Promise<void> {
    this.#decoding = true;
    while (this.#next !== null) {
      const { jpeg, message } = this.#next;
      this.#next = null;
      // A frame that can't be decoded is passed over; the next one is a moment away.
      const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })).catch(() => null);
      if (picture === null) continue;
      this.#shown?.picture.close();
      this.#shown = { picture, message };
      this.#draw();
    }
    this.#decoding = false;
  }

  #draw(): void {
    if (this.#shown === null) return;
    const { picture, message } = this.#shown;
    const canvas = this.#canvas;
    canvas.style.aspectRatio = `${message.width} / ${message.height}`;
    const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round((width * message.height) / message.width));
    // Setting a size clears the canvas, even if it is the same.
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      this.#context.imageSmoothingQuality = "high";
    }
    this.#context.drawImage(picture, 0, 0, width, height);
    for (const zone of this.#zones) drawZone(this.#context, zone);
    if (!this.#withBoxes) return;
    for (const { box, ...seen } of message.detections.toReversed()) {
      const [x, y, w, h] = box;
      const share: Seen["box"] = [
        x / message.width,
        y / message.height,
        w / message.width,
        h / message.height,
      ];
      drawBox(this.#context, { ...seen, box: share }, boxColors[kindOf(seen.label, this.#weapons)]);
    }
  }
}

/** The outline of a zone; what is to be ignored is dashed. */
function drawZone(context: CanvasRenderingContext2D, { kind, points }: Zone): void {
  const { width, height } = context.canvas;
  context.save();
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x * width, y * height);
  context.closePath();
  context.lineWidth = 1.5 * devicePixelRatio;
  context.strokeStyle = zoneColors[kind];
  if (kind === "ignore") context.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
  context.stroke();
  context.globalAlpha = 0.08;
  context.fillStyle = zoneColors[kind];
  context.fill();
  context.restore();
}

/** Draws a box, which is given in shares of the canvas, with its label. */
export function drawBox(
  context: CanvasRenderingContext2D,
  { label, score, box, track }: Pick<Seen, "label" | "score" | "box" | "track">,
  color: string,
): void {
  const { width: canvasWidth, height: canvasHeight } = context.canvas;
  const [x, y] = [box[0] * canvasWidth, box[1] * canvasHeight];
  const unit = devicePixelRatio;
  context.lineJoin = "round";
  context.lineWidth = 2 * unit;
  context.strokeStyle = color;
  context.strokeRect(x, y, box[2] * canvasWidth, box[3] * canvasHeight);

  const text = `${label}${track === null ? "" : ` #${track}`} ${score.toFixed(2)}`;
  context.font = `600 ${13 * unit}px system-ui, sans-serif`;
  const tagWidth = context.measureText(text).width + 12 * unit;
  const tagHeight = 20 * unit;
  // Above the box, or inside where the picture ends; never beyond its right edge.
  const tagX = Math.max(0, Math.min(x - unit, canvasWidth - tagWidth));
  const tagY = y >= tagHeight ? y - tagHeight : y;
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(tagX, tagY, tagWidth, tagHeight, 4 * unit);
  context.fill();
  context.fillStyle = "#101418";
  context.textBaseline = "middle";
  context.fillText(text, tagX + 6 * unit, tagY + tagHeight / 2 + unit);
}
