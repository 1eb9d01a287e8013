import { byId, element, setText } from "./element.ts";
import type { Alarm } from "./messages.ts";

const longestList = 50;
/** A message may come as late as the camera waits for a slow page. */
const latestMessageMs = 10_000;

/** An alarm in the list. */
interface Entry {
  frameId: number | null;
  sinceMs: number;
  reason: HTMLElement;
  length: HTMLElement;
}

/** The banner, and the list of alarms that this page has seen. */
export class AlarmView {
  readonly #banner = byId("alarm");
  readonly #state = byId("alarm-state");
  readonly #detail = byId("alarm-detail");
  readonly #recent = byId("recent");
  /** The alarm that is on. */
  #current: Entry | null = null;
  /** The newest in the list, on or over. */
  #newest: Entry | null = null;
  #offAtMs: number | null = null;
  #reason = "";

  constructor() {
    this.#recent.append(element("li", { class: "empty" }, "None yet"));
    setInterval(() => this.#count(), 500);
  }

  update(alarm: Alarm): void {
    this.#banner.dataset.state = alarm.active ? "on" : "quiet";
    setText(this.#state, alarm.active ? "Alarm" : "All quiet");
    document.title = alarm.active ? "⚠ Alarm – Xnorcam" : "Xnorcam";
    this.#offAtMs = alarm.offInMs === null ? null : performance.now() + alarm.offInMs;
    if (alarm.active) this.#list(alarm);
    else this.#current = null;
    this.#reason = alarm.reason ?? "";
    this.#count();
  }

  /** Nothing is known while the connection is gone. */
  lost(): void {
    this.#banner.dataset.state = "unknown";
    setText(this.#state, "No connection to the camera");
    setText(this.#detail, "The alarm itself goes on working without this page.");
    this.#offAtMs = null;
    this.#current = null;
  }

  #list(alarm: Alarm): void {
    const sinceMs = performance.now() - (alarm.activeForMs ?? 0);
    this.#current ??= this.#known(alarm.frameId, sinceMs) ?? this.#prepend(alarm, sinceMs);
    this.#current.sinceMs = sinceMs;
    setText(this.#current.reason, alarm.reason ?? "");
  }

  /** The alarm that was on when the connection was lost, and still is; frame numbers start again with the camera. */
  #known(frameId: number | null, sinceMs: number): Entry | null {
    const newest = this.#newest;
    if (newest === null || newest.frameId !== frameId) return null;
    return Math.abs(newest.sinceMs - sinceMs) < latestMessageMs ? newest : null;
  }

  #prepend({ frameId, activeForMs }: Alarm, sinceMs: number): Entry {
    this.#recent.querySelector(".empty")?.remove();
    const began = new Date(Date.now() - (activeForMs ?? 0));
    const time = element("time", {}, began.toLocaleTimeString());
    time.dateTime = began.toISOString();
    const reason = element("span", {});
    const length = element("span", { class: "length" });
    this.#recent.prepend(element("li", {}, time, reason, length));
    while (this.#recent.children.length > longestList) this.#recent.lastChild?.remove();
    this.#newest = { frameId, sinceMs, reason, length };
    return this.#newest;
  }

  /** Between two messages the page counts by itself. */
  #count(): void {
    if (this.#banner.dataset.state === "unknown") return;
    if (this.#current === null) {
      setText(this.#detail, "Nothing in sight that raises the alarm.");
      return;
    }
    const now = performance.now();
    setText(this.#current.length, `${Math.round((now - this.#current.sinceMs) / 1000)} s`);
    const left = Math.max(0, Math.ceil(((this.#offAtMs ?? now) - now) / 1000));
    setText(this.#detail, `${this.#reason}, off in ${left}\u00a0s if nothing more is seen`);
  }
}
