import { byId, setText } from "./element.ts";
import type { Means } from "./numbers.ts";

/** What is compared: a model, and what computes it. */
export interface Contender {
  readonly model: string;
  /** Null for the best kernels of this browser. */
  readonly computedBy: string | null;
  readonly bytes: number;
  /** Width × height of its largest input. */
  readonly input: string;
}

interface Row {
  readonly networkMs: HTMLElement;
  readonly fps: HTMLElement;
}

/** The models that were tried since the page was opened, each with what was measured of it last. */
export class Comparison {
  readonly #section = byId("compared");
  readonly #rows = new Map<string, Row>();
  #current: Contender | null = null;

  /** From now on this one is measured. */
  begin(contender: Contender): void {
    this.#current = contender;
  }

  note({ networkMs, fps }: Means): void {
    if (this.#current === null) return;
    const key = JSON.stringify(this.#current);
    const row = this.#rows.get(key) ?? this.#add(this.#current);
    this.#rows.set(key, row);
    setText(row.networkMs, networkMs.toFixed(1));
    if (fps !== null) setText(row.fps, fps.toFixed(1));
  }

  #add({ model, computedBy, bytes, input }: Contender): Row {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = model;
    const details = document.createElement("small");
    details.textContent = computedBy === null ? input : `${input}, ${computedBy}`;
    name.append(details);
    const cell = (text: string) => {
      const made = document.createElement("td");
      made.textContent = text;
      return made;
    };
    const cells = [cell("–"), cell("–")] as const;
    row.append(name, cell(String(Math.round(bytes / 1000))), ...cells);
    this.#section.querySelector("tbody")!.append(row);
    this.#section.hidden = false;
    return { networkMs: cells[0], fps: cells[1] };
  }
}
