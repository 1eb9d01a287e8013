import { messageOf } from "../../../src/errors.ts";
import type { TryModel } from "../../../src/server/wire.ts";
import { openCamera } from "./camera.ts";
import { Comparison } from "./comparison.ts";
import { Detector } from "./detector.ts";
import { byId, setText } from "./element.ts";
import { fetchBytes } from "./fetch-bytes.ts";
import type { Found, Kernels, LoadedModel } from "./messages.ts";
import { ModelChoice } from "./model-choice.ts";
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
  readonly #numbers = new Numbers((means) => this.#comparison.note(means));
  readonly #comparison = new Comparison();
  readonly #message = byId("message");
  readonly #camera = byId<HTMLButtonElement>("camera");
  readonly #choose = byId<HTMLButtonElement>("choose");
  readonly #stop = byId<HTMLButtonElement>("stop");
  readonly #model = new ModelChoice();
  readonly #kernels = byId<HTMLSelectElement>("kernels");
  /** What computes; null until a model was loaded. */
  #loaded: LoadedModel | null = null;
  /** The kernels that the user chose; null for the best. */
  #wanted: Kernels | null = null;
  /** The same, as it was when a model was loaded last. */
  #kept: Kernels | null = null;
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
      this.#model.offer((await response.json()) as TryModel[]);
      await this.#load();
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
    this.#model.select.addEventListener("change", () => void this.#load());
    this.#kernels.addEventListener("change", () => {
      this.#wanted = this.#kernels.value as Kernels;
      void this.#load();
    });
    // From now on the service worker keeps what is loaded: what was chosen before, too.
    navigator.serviceWorker?.addEventListener("controllerchange", () => {
      if (this.#loaded !== null) void fetch(this.#model.url).catch(() => {});
    });
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

  /** Loads the chosen model; where that fails, the one before goes on. */
  async #load(): Promise<void> {
    const { name, file, url } = this.#model;
    const wanted = this.#wanted;
    this.#say(`Loading ${name}…`, "busy");
    this.#enable(false);
    try {
      const loaded = await this.#detector.load(file, await fetchBytes(url), wanted);
      this.#model.keep();
      this.#kept = wanted;
      this.#showLoaded(loaded);
      if (this.#playback === null && this.#picture !== null) await this.#lookAtPicture(this.#picture);
    } catch (error) {
      this.#goOn(messageOf(error));
    }
  }

  #showLoaded(loaded: LoadedModel): void {
    const { name, bytes, classes, inputWidth, inputHeight, kernels, available, warning } = loaded;
    this.#loaded = loaded;
    this.#warning = warning;
    this.#say("", "ready");
    byId("network").textContent =
      `${name}: ${Math.round(bytes / 1000)} kB, up to ${inputWidth} × ${inputHeight}; knows ${classes.join(", ")}.`;
    this.#kernels.replaceChildren(...available.map((each) => new Option(kernelNames[each], each)));
    this.#kernels.value = kernels;
    this.#numbers.restart();
    const computedBy = kernels === available[0] ? null : kernelNames[kernels];
    this.#comparison.begin({
      model: this.#model.name,
      computedBy,
      bytes,
      input: `${inputWidth}×${inputHeight}`,
    });
    this.#enable(true);
  }

  /** Says why the chosen model does not run, and goes on with the one before, if there is one. */
  #goOn(problem: string): void {
    if (this.#loaded === null) {
      this.#say(problem, "problem");
      this.#model.enable(true);
      return;
    }
    this.#model.restore();
    this.#wanted = this.#kept;
    this.#kernels.value = this.#loaded.kernels;
    this.#say(`${problem}. The page goes on with ${this.#model.name}.`, "problem");
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
    let isFirst = true;
    await playback.run(async (picture) => {
      // Later ones leave in place what is said of a model that was chosen meanwhile.
      if (isFirst) this.#say("", "ready");
      isFirst = false;
      const loaded = this.#loaded;
      const found = await this.#detector.detect(picture);
      if (this.#playback !== playback) return found.picture.close();
      this.#show(found);
      if (this.#loaded === loaded) this.#numbers.add(found.timings, performance.now());
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
    this.#model.enable(enabled);
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
