import type { AlarmOutput, OutputSettings } from "./output.ts";

/** Stands for a pin that is not switched, and says why wherever it is shown. */
export class SimulatedOutput implements AlarmOutput {
  readonly kind = "simulated";
  readonly description: string;
  readonly #onSwitch: (output: AlarmOutput) => void;
  #on = false;

  /**
   * @param why "no Raspberry Pi GPIO on this machine"
   * @param onSwitch called after each real change, so that it can be logged
   */
  constructor(settings: OutputSettings, why: string, onSwitch: (output: AlarmOutput) => void) {
    this.description = `GPIO ${settings.gpio}, simulated: ${why}`;
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
