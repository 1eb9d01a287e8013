import type { Detection } from "../../../src/detect/detection.ts";
import { byId } from "./element.ts";
import type { Found } from "./messages.ts";

/** Bright in both color schemes, since the picture doesn't change with them. */
const colors = { weapon: "#ff4d4d", other: "#3ddc84" } as const;

/** The canvas with the picture that was looked at, boxes and labels over it. */
export class Stage {
  readonly #view = byId("view");
  readonly #canvas = byId<HTMLCanvasElement>("picture");
  readonly #context = this.#canvas.getContext("2d", { alpha: false })!;

  /** Takes the picture over. */
  show({ picture, detections }: Found): void {
    const canvas = this.#canvas;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    this.#context.drawImage(picture, 0, 0);
    picture.close();
    // Lines and text have their size on the screen, whatever the size of the picture.
    const unit = Math.max(0.7, canvas.width / Math.max(1, canvas.clientWidth));
    for (const detection of detections.toReversed()) this.#drawBox(detection, unit);
    this.#view.dataset.state = "full";
    const labels = detections.map(({ label }) => label).join(", ");
    canvas.ariaLabel = labels === "" ? "Picture, nothing recognized" : `Picture: ${labels}`;
  }

  clear(): void {
    this.#view.dataset.state = "empty";
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#canvas.ariaLabel = "No picture yet";
  }

  #drawBox({ label, isWeapon, score, box: [x, y, width, height] }: Detection, unit: number): void {
    const context = this.#context;
    const color = isWeapon ? colors.weapon : colors.other;
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
    context.fillRect(tagX, tagY, tagWidth, tagHeight);
    context.fillStyle = "#101418";
    context.textBaseline = "middle";
    context.fillText(text, tagX + 6 * unit, tagY + tagHeight / 2 + unit);
  }
}
