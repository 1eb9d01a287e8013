import type { AlarmOutput, OutputSettings } from "./output.ts";

/** Stands for a pin on a machine that has none, and says so wherever it is shown. */
export class SimulatedOutput implements AlarmOutput {
  readonly kind = "simulated";
  readonly description: string;
  readonly #onSwitch: (output: AlarmOutput) => void;
  #on = false;

  /** `onSwitch` is called after each real change, so that it can be logged. */
  constructor(settings: OutputSettings, onSwitch: (output: AlarmOutput) => void) {
    this.description = `GPIO ${settings.gpio}, simulated: no Raspberry Pi GPIO on this machine`;
    this.#onSwitch = onSwitch;
  }

  get on(): boolean {
    return this.#on;
  }

  set(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    this.#onSwitch(this);
  }

  stop(): void {
    this.set(false);
  }
}
