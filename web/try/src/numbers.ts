import type { Detection } from "../../../src/detect/detection.ts";
import { byId, setText } from "./element.ts";
import type { PictureTimings } from "./messages.ts";

/** Of this time the figures are shown, so that they can be read. */
const periodMs = 1000;

/** Beyond that, what is seen is counted. */
const longestList = 8;

const parts = {
  pictureMs: "Reading the picture",
  letterboxMs: "Letterbox",
  networkMs: "Network",
  decodeMs: "Boxes",
} as const satisfies Record<keyof PictureTimings, string>;
type Part = keyof typeof parts;
const partNames = Object.keys(parts) as Part[];

/** What is shown. */
export interface Means extends PictureTimings {
  /** Null of a single picture. */
  readonly fps: number | null;
}

interface Row {
  readonly meter: HTMLMeterElement;
  readonly text: HTMLElement;
}

/** What is seen, frames a second, and where the time of a picture goes. */
export class Numbers {
  readonly #fps = byId("fps").querySelector("output")!;
  readonly #seen = byId("seen");
  readonly #rows: Readonly<Record<Part, Row>>;
  readonly #tell: (means: Means) => void;
  #since: number | null = null;
  #taken: PictureTimings[] = [];

  /** @param tell told what is shown, whenever that changes */
  constructor(tell: (means: Means) => void) {
    this.#tell = tell;
    const list = byId("times");
    const row = (part: Part): Row => {
      const name = document.createElement("dt");
      name.textContent = parts[part];
      const meter = document.createElement("meter");
      meter.ariaLabel = `${parts[part]}, share of the time`;
      const text = document.createElement("dd");
      text.dataset.part = part;
      text.textContent = "–";
      list.append(name, meter, text);
      return { meter, text };
    };
    this.#rows = Object.fromEntries(partNames.map((part) => [part, row(part)])) as Record<Part, Row>;
  }

  /** A picture of a series, done at `nowMs`. */
  add(timings: PictureTimings, nowMs: number): void {
    this.#since ??= nowMs;
    this.#taken.push(timings);
    const spanMs = nowMs - this.#since;
    if (spanMs < periodMs) return;
    // The first one of a span begins it.
    const fps = (this.#taken.length - 1) / (spanMs / 1000);
    setText(this.#fps, fps.toFixed(1));
    this.#showTimes(this.#taken, fps);
    this.#since = nowMs;
    this.#taken = [timings];
  }

  /** A single picture. */
  show(timings: PictureTimings): void {
    this.restart();
    this.#showTimes([timings], null);
  }

  /** Another source, model or kernels: what was measured before is no longer true. */
  restart(): void {
    this.#since = null;
    this.#taken = [];
    setText(this.#fps, "–");
  }

  /** @param detections the best first */
  list(detections: readonly Detection[]): void {
    const rows = detections
      .slice(0, longestList)
      .map(({ label, score, isWeapon }) => listItem([label, score.toFixed(2)], { weapon: String(isWeapon) }));
    const others = detections.length - rows.length;
    if (others > 0) rows.push(listItem([`and ${others} more`]));
    this.#seen.replaceChildren(...(rows.length > 0 ? rows : [listItem(["Nothing that it knows"])]));
  }

  #showTimes(taken: readonly PictureTimings[], fps: number | null): void {
    const mean = (part: Part) => taken.reduce((sum, each) => sum + each[part], 0) / taken.length;
    const means = Object.fromEntries(partNames.map((part) => [part, mean(part)])) as Record<Part, number>;
    const total = partNames.reduce((sum, part) => sum + means[part], 0);
    for (const part of partNames) {
      const { meter, text } = this.#rows[part];
      meter.value = total === 0 ? 0 : means[part] / total;
      setText(text, `${means[part].toFixed(1)} ms`);
    }
    this.#tell({ ...means, fps });
  }
}

function listItem(texts: readonly string[], data: Record<string, string> = {}): HTMLLIElement {
  const item = document.createElement("li");
  Object.assign(item.dataset, data);
  for (const text of texts) {
    const part = document.createElement("span");
    part.textContent = text;
    item.append(part);
  }
  return item;
}
