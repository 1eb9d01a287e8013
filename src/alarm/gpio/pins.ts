import type { AlarmOutput, OutputSettings } from "../output.ts";

export interface InputSettings {
  /** BCM number. */
  readonly gpio: number;
  /** True where the contact connects the pin to ground, as a button between the pin and GND does. */
  readonly activeLow: boolean;
}

/** A pin that the alarm switches. */
export interface OutputPin extends AlarmOutput {
  readonly kind: "gpio";
  /** How `scripts/outputs-off.sh` switches it off when this program can't any more: a line of that script's input. */
  readonly offLine: string;
}

/** A pin that a button or a switch is wired to. */
export interface InputPin {
  /** The level when it was opened: whether the contact is made. */
  readonly initial: boolean;
  /** Gives the pin back. Idempotent. */
  close(): void;
}

export interface InputListener {
  /** The contact was made or broken. Contacts bounce: it comes several times for one press. */
  onLevel(active: boolean): void;
  /** The pin can't be read any more. */
  onFailure(error: unknown): void;
}

/** One way to the pins of the header: the kernel's sysfs through onoff, or the gpiod tools. */
export interface Pins {
  /** For logs and the doctor: "pinctrl-bcm2835 in /sys/class/gpio". */
  readonly description: string;
  /**
   * Takes the pin and leaves it off.
   * @throws XnorcamError XC_GPIO that says why the pin can't be used and what to do.
   */
  openOutput(settings: OutputSettings): Promise<OutputPin>;
  /**
   * Takes the pin as an input.
   * @throws XnorcamError XC_GPIO, as above.
   */
  openInput(settings: InputSettings, listener: InputListener): Promise<InputPin>;
}
