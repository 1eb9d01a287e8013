import type { TryModel } from "../../../src/server/wire.ts";
import { byId } from "./element.ts";

/** The list of the models that are offered; only the chosen one is loaded. */
export class ModelChoice {
  readonly select = byId<HTMLSelectElement>("model");
  #models: readonly TryModel[] = [];
  /** What was chosen and runs. */
  #kept = "";

  /** @param models the one to begin with first */
  offer(models: readonly TryModel[]): void {
    this.#models = models;
    const option = ({ name, file, bytes }: TryModel) =>
      new Option(`${name} (${Math.round(bytes / 1000)} kB)`, file);
    const isMethod = ({ file }: TryModel) => file.startsWith("models/methods/");
    const methods = document.createElement("optgroup");
    methods.label = "The same network by each method";
    methods.append(...models.filter(isMethod).map(option));
    const others = models.filter((model) => !isMethod(model)).map(option);
    this.select.replaceChildren(...others, ...(methods.childElementCount > 0 ? [methods] : []));
  }

  get name(): string {
    return this.#models.find(({ file }) => file === this.select.value)?.name ?? "";
  }

  /** The file's name without its folder. */
  get file(): string {
    return this.select.value.split("/").at(-1)!;
  }

  get url(): string {
    return new URL(this.select.value, document.baseURI).href;
  }

  /** The chosen one runs. */
  keep(): void {
    this.#kept = this.select.value;
  }

  /** Chooses again what ran before. */
  restore(): void {
    this.select.value = this.#kept;
  }

  enable(enabled: boolean): void {
    this.select.disabled = !enabled || this.#models.length < 2;
  }
}
