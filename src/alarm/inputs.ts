import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Alarm } from "./alarm.ts";
import { Debouncer } from "./debouncer.ts";
import type { InputPin, InputSettings, Pins } from "./gpio/pins.ts";

export interface AlarmInputSettings extends InputSettings {
  /**
   * "arm-button" arms and disarms in turn; "key-switch" keeps armed while its contact is made; "panic-button" sets
   * the alarm off.
   */
  readonly role: "arm-button" | "key-switch" | "panic-button";
  /** Milliseconds for which a contact must have kept its level to count. */
  readonly debounceMs: number;
}

interface InputLog {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** Buttons and switches that are wired to the header, and what they do to the alarm. */
export class AlarmInputs {
  readonly #alarm: Pick<Alarm, "arm" | "disarm" | "panic" | "armed">;
  readonly #clock: Clock;
  readonly #log: InputLog;
  readonly #pins: InputPin[] = [];
  readonly #debouncers: Debouncer[] = [];
  #stopped = false;

  constructor(alarm: Pick<Alarm, "arm" | "disarm" | "panic" | "armed">, clock: Clock, log: InputLog) {
    this.#alarm = alarm;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * From now on they are obeyed; a key switch says at once whether the alarm is armed.
   * @throws XnorcamError XC_GPIO when a pin can't be used; none stays open then.
   */
  async start(settings: readonly AlarmInputSettings[], pins: Pins): Promise<void> {
    try {
      for (const input of settings) await this.#open(input, pins);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Gives the pins back. Idempotent. */
  stop(): void {
    this.#stopped = true;
    for (const debouncer of this.#debouncers) debouncer.stop();
    for (const pin of this.#pins) pin.close();
    this.#pins.length = 0;
  }

  async #open(input: AlarmInputSettings, pins: Pins): Promise<void> {
    const name = `GPIO ${input.gpio}`;
    const debouncer = new Debouncer(input.debounceMs, this.#clock, (active) => this.#obey(input, active));
    this.#debouncers.push(debouncer);
    const pin = await pins.openInput(input, {
      onLevel: (active) => debouncer.take(active),
      onFailure: (error) => this.#log.error(`input ${name} can't be read any more: ${messageOf(error)}`),
    });
    this.#pins.push(pin);
    if (this.#stopped) return this.stop();
    debouncer.begin(pin.initial);
    if (input.role === "key-switch") this.#obey(input, pin.initial);
    this.#log.info(`input ${name}: ${input.role}`);
  }

  #obey({ gpio, role }: AlarmInputSettings, active: boolean): void {
    switch (role) {
      case "key-switch":
        this.#setArmed(active, gpio);
        break;
      case "arm-button":
        if (active) this.#setArmed(!this.#alarm.armed, gpio);
        break;
      case "panic-button":
        if (active) this.#alarm.panic(`panic button (GPIO ${gpio})`);
        break;
    }
  }

  #setArmed(armed: boolean, gpio: number): void {
    if (armed === this.#alarm.armed) return;
    this.#log.warn(`${armed ? "armed" : "disarmed"} by GPIO ${gpio}`);
    if (armed) this.#alarm.arm();
    else this.#alarm.disarm();
  }
}
