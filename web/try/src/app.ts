import { messageOf } from "../../../src/errors.ts";
import { openCamera } from "./camera.ts";
import { Detector } from "./detector.ts";
import { byId, setText } from "./element.ts";
import type { Found, Kernels, LoadedModel, ModelEntry } from "./messages.ts";
import { Numbers } from "./numbers.ts";
import { Playback } from "./playback.ts";
import { Stage } from "./stage.ts";

const kernelNames: Readonly<Record<Kernels, string>> = {
  wasm: "WebAssembly with vectors",
  "wasm-plain": "WebAssembly",
  reference: "plain JavaScript",
};

/** The page: a network, and one source of pictures at a time. */
export class App {
  readonly #detector = new Detector();
  readonly #stage = new Stage();
  readonly #numbers = new Numbers();
  readonly #message = byId("message");
  readonly #camera = byId<HTMLButtonElement>("camera");
  readonly #choose = byId<HTMLButtonElement>("choose");
  readonly #stop = byId<HTMLButtonElement>("stop");
  readonly #model = byId<HTMLSelectElement>("model");
  readonly #kernels = byId<HTMLSelectElement>("kernels");
  #models: readonly ModelEntry[] = [];
  #warning: string | null = null;
  #playback: Playback | null = null;
  /** The picture that was chosen, to be looked at again by another model. */
  #picture: ImageBitmap | null = null;

  /** Loads the network and lets the user choose a source. */
  async start(): Promise<void> {
    const missing = whatIsMissing();
    if (missing !== undefined) {
      this.#say(missing, "problem");
      return;
    }
    this.#listen();
    try {
      const response = await fetch("./models.json");
      if (!response.ok) throw new Error(`models.json could not be loaded (${response.status})`);
      this.#models = (await response.json()) as ModelEntry[];
      this.#model.replaceChildren(...this.#models.map(({ name, file }) => new Option(name, file)));
      await this.#load(null);
    } catch (error) {
      this.#say(messageOf(error), "problem");
    }
  }

  #listen(): void {
    const file = byId<HTMLInputElement>("file");
    const view = byId("view");
    this.#camera.addEventListener("click", () => void this.#watch());
    this.#choose.addEventListener("click", () => file.click());
    this.#stop.addEventListener("click", () => this.#end());
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      file.value = "";
      if (chosen !== undefined) void this.#open(chosen);
    });
    for (const select of [this.#model, this.#kernels]) {
      select.addEventListener("change", () => void this.#load(this.#kernels.value as Kernels));
    }
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      view.dataset.drop = "true";
    });
    document.addEventListener("dragleave", () => {
      view.dataset.drop = "false";
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      view.dataset.drop = "false";
      const [dropped] = event.dataTransfer?.files ?? [];
      if (dropped !== undefined && !this.#choose.disabled) void this.#open(dropped);
    });
  }

  /** Loads the chosen model. @param kernels null for the best */
  async #load(kernels: Kernels | null): Promise<void> {
    this.#say("Loading the network…", "busy");
    this.#enable(false);
    try {
      const modelUrl = new URL(this.#model.value, document.baseURI).href;
      this.#showLoaded(await this.#detector.load(modelUrl, kernels));
      this.#numbers.restart();
      if (this.#playback === null && this.#picture !== null) await this.#lookAtPicture(this.#picture);
    } catch (error) {
      this.#say(messageOf(error), "problem");
      // Another model may work.
      this.#model.disabled = this.#models.length < 2;
    }
  }

  #showLoaded({ name, classes, inputWidth, inputHeight, kernels, available, warning }: LoadedModel): void {
    this.#warning = warning;
    this.#say("", "ready");
    const bytes = this.#models.find(({ file }) => file === this.#model.value)?.bytes ?? 0;
    const kilobytes = Math.round(bytes / 1000);
    byId("network").textContent =
      `${name}: ${kilobytes} kB, up to ${inputWidth} × ${inputHeight}; knows ${classes.join(", ")}.`;
    this.#kernels.replaceChildren(...available.map((each) => new Option(kernelNames[each], each)));
    this.#kernels.value = kernels;
    this.#enable(true);
  }

  async #watch(): Promise<void> {
    this.#end();
    this.#say("Waiting for the camera; the browser may ask whether this page may use it…", "busy");
    try {
      const stream = await openCamera();
      await this.#play(stream, () => {
        for (const track of stream.getTracks()) track.stop();
      });
    } catch (error) {
      this.#end();
      this.#say(messageOf(error), "problem");
    }
  }

  async #open(file: File): Promise<void> {
    this.#end();
    this.#say(`Opening ${file.name}…`, "busy");
    try {
      if (file.type.startsWith("video/")) {
        const url = URL.createObjectURL(file);
        await this.#play(url, () => URL.revokeObjectURL(url));
        return;
      }
      this.#picture?.close();
      this.#picture = await createImageBitmap(file);
      await this.#lookAtPicture(this.#picture);
      this.#say("", "ready");
    } catch (error) {
      this.#end();
      this.#say(`This browser cannot show ${file.name}: ${messageOf(error)}`, "problem");
    }
  }

  /** Returns when it was stopped. */
  async #play(source: MediaStream | string, release: () => void): Promise<void> {
    const playback = new Playback(source, release);
    this.#playback = playback;
    this.#stop.hidden = false;
    this.#numbers.restart();
    await playback.run(async (picture) => {
      this.#say("", "ready");
      const found = await this.#detector.detect(picture);
      if (this.#playback !== playback) return found.picture.close();
      this.#show(found);
      this.#numbers.add(found.timings, performance.now());
    });
  }

  async #lookAtPicture(picture: ImageBitmap): Promise<void> {
    const found = await this.#detector.detect(await createImageBitmap(picture));
    this.#show(found);
    this.#numbers.show(found.timings);
  }

  #show(found: Found): void {
    this.#numbers.list(found.detections);
    this.#stage.show(found);
  }

  /** Gives camera or video back. */
  #end(): void {
    this.#playback?.stop();
    this.#playback = null;
    this.#picture?.close();
    this.#picture = null;
    this.#stop.hidden = true;
    this.#numbers.restart();
    this.#stage.clear();
    this.#say("", "ready");
  }

  #enable(enabled: boolean): void {
    for (const control of [this.#camera, this.#choose, this.#kernels]) control.disabled = !enabled;
    this.#model.disabled = !enabled || this.#models.length < 2;
  }

  /** Without a text, what is to be said all the time: why it is slow, if it is. */
  #say(text: string, state: "busy" | "ready" | "problem"): void {
    const isWarning = text === "" && this.#warning !== null;
    this.#message.dataset.state = isWarning ? "warning" : state;
    setText(this.#message, isWarning ? this.#warning! : text);
  }
}

/** What this browser lacks to run the page at all; undefined when it has everything. */
function whatIsMissing(): string | undefined {
  const needed = {
    Worker: "Worker",
    OffscreenCanvas: "OffscreenCanvas",
    createImageBitmap: "createImageBitmap",
  };
  const missing = Object.keys(needed).filter((name) => !(name in window));
  if (missing.length === 0) return undefined;
  return `This browser is too old for this page: it has no ${missing.join(", ")}. Chrome 80, Firefox 114, Safari 16.4 and later have.`;
}
