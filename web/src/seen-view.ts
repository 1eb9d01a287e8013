import { byId, element } from "./element.ts";
import { kindOf } from "./kinds.ts";
import type { Seen } from "./messages.ts";

/** What the camera sees now, as a list: for eyes that can't see the picture, and at a glance. */
export class SeenView {
  readonly #list = byId("seen");
  #weapons: ReadonlySet<string> = new Set();

  set weapons(labels: readonly string[]) {
    this.#weapons = new Set(labels);
  }

  update(detections: readonly Seen[]): void {
    if (detections.length === 0) {
      if (this.#list.querySelector(".empty")) return;
      this.#list.replaceChildren(element("li", { class: "empty" }, "Nothing that it knows"));
      return;
    }
    this.#list.replaceChildren(...detections.map((seen) => this.#item(seen)));
  }

  #item({ label, score }: Seen): HTMLLIElement {
    const meter = element("meter", {});
    meter.value = score;
    meter.ariaHidden = "true";
    const value = element("data", {}, score.toFixed(2));
    value.value = String(score);
    const kind = kindOf(label, this.#weapons);
    return element(
      "li",
      { data: { label, kind } },
      element("span", { data: { kind } }, label),
      " ",
      meter,
      value,
    );
  }
}
