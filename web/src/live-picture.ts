import { boxColors, kindOf } from "./kinds.ts";
import type { DetectionsMessage, Seen } from "./messages.ts";

/** The canvas with the live picture, boxes and labels drawn over it at the screen's resolution. */
export class LivePicture {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #weapons: ReadonlySet<string> = new Set();
  #shown: { picture: ImageBitmap; message: DetectionsMessage } | null = null;
  /** The newest frame that came while another was being decoded. */
  #next: { jpeg: ArrayBuffer; message: DetectionsMessage } | null = null;
  #decoding = false;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false })!;
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  set weapons(labels: readonly string[]) {
    this.#weapons = new Set(labels);
  }

  /** Shows a frame as soon as it is decoded; of those that come meanwhile, only the newest. */
  show(jpeg: ArrayBuffer, message: DetectionsMessage): void {
    this.#next = { jpeg, message };
    if (!this.#decoding) void this.#decodeWaiting();
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
    const scale = width / message.width;
    for (const seen of message.detections.toReversed()) this.#drawBox(seen, scale);
    canvas.ariaLabel = describe(message.detections);
  }

  #drawBox({ label, score, box }: Seen, scale: number): void {
    const context = this.#context;
    const [x, y, width, height] = box.map((value) => value * scale) as Seen["box"];
    const unit = devicePixelRatio;
    const color = boxColors[kindOf(label, this.#weapons)];
    context.lineJoin = "round";
    context.lineWidth = 2 * unit;
    context.strokeStyle = color;
    context.strokeRect(x, y, width, height);

    const text = `${label} ${score.toFixed(2)}`;
    context.font = `600 ${13 * unit}px system-ui, sans-serif`;
    const tagWidth = context.measureText(text).width + 12 * unit;
    const tagHeight = 20 * unit;
    // Above the box, or inside where the picture ends; never beyond its right edge.
    const tagX = Math.max(0, Math.min(x - unit, this.#canvas.width - tagWidth));
    const tagY = y >= tagHeight ? y - tagHeight : y;
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(tagX, tagY, tagWidth, tagHeight, 4 * unit);
    context.fill();
    context.fillStyle = "#101418";
    context.textBaseline = "middle";
    context.fillText(text, tagX + 6 * unit, tagY + tagHeight / 2 + unit);
  }
}

function describe(detections: readonly Seen[]): string {
  if (detections.length === 0) return "Live picture, nothing recognized";
  return `Live picture: ${detections.map(({ label }) => label).join(", ")}`;
}
