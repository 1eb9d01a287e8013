import { byId, element, setText } from "./element.ts";
import type { StatusMessage } from "./messages.ts";

/** Outputs, the camera's description, and the numbers. */
export class StatusView {
  readonly #camera = byId("camera");
  readonly #outputs = byId("outputs");
  readonly #numbers = byId("numbers");
  readonly #values = new Map<string, HTMLElement>();

  update(status: StatusMessage): void {
    const { camera, detector, model, live } = status;
    setText(this.#camera, camera.description);
    this.#showOutputs(status.outputs);
    this.#show("Frames a second", detector.fps.toFixed(1));
    this.#show("Camera to result", milliseconds(detector.latencyMs?.p50));
    this.#show("Camera to result, p99", milliseconds(detector.latencyMs?.p99));
    this.#show("Event loop delay, p99", milliseconds(status.eventLoopDelayMs?.p99, 1));
    this.#show("Dropped frames", count(detector.dropped));
    this.#show("Broken pictures", count(camera.broken));
    this.#show("Viewers", count(live.viewers.webSocket + live.viewers.mjpeg));
    this.#show("Memory", `${Math.round(status.rssBytes / 1e6)} MB`);
    this.#show("Running for", duration(status.uptimeSeconds));
    this.#show("Version", status.version);
    this.#show(
      "Network",
      `${model.name}, ${model.inputWidth} × ${model.inputHeight}, ${model.kernels} kernels`,
      true,
    );
  }

  #showOutputs(outputs: StatusMessage["outputs"]): void {
    const items = outputs.map(({ description, on, error }) => {
      const [name, ...remarks] = description.split(", ");
      const text = element("div", {}, name ?? "");
      if (remarks.length > 0) text.append(element("small", {}, remarks.join(", ")));
      if (error !== null) text.append(element("small", { class: "error" }, error));
      const level = element("span", { class: "level", data: { on: String(on) } }, on ? "on" : "off");
      return element("li", {}, text, level);
    });
    if (items.length === 0)
      items.push(element("li", { class: "empty" }, "None: the alarm is shown here only"));
    this.#outputs.replaceChildren(...items);
  }

  #show(name: string, value: string, wide = false): void {
    let shown = this.#values.get(name);
    if (shown === undefined) {
      shown = element("dd", {});
      this.#values.set(name, shown);
      const row = element("div", wide ? { class: "wide" } : {}, element("dt", {}, name), shown);
      this.#numbers.append(row);
    }
    setText(shown, value);
  }
}

function milliseconds(value: number | undefined, digits = 0): string {
  return value === undefined ? "–" : `${value.toFixed(digits)} ms`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48
    ? `${hours} h ${Math.floor((seconds % 3600) / 60)} min`
    : `${Math.floor(hours / 24)} days`;
}
