/** Something that the alarm switches: a siren, a lamp, a relay. */
export interface AlarmOutput {
  readonly kind: "gpio" | "simulated";
  /** "GPIO 17 (active low)", or "GPIO 17, simulated: no GPIO on this machine". */
  readonly description: string;
  /** The last level that was set successfully. */
  readonly on: boolean;
  /**
   * Switches at once, before it returns.
   * @throws XnorcamError XC_GPIO when the pin no longer takes the level.
   */
  set(on: boolean): void;
  /** Leaves the output off. Idempotent; where it failed, the next call tries again. */
  stop(): void;
}

export interface OutputSettings {
  /** BCM number: 17 is the pin that `pinout` calls GPIO17, physical pin 11. */
  readonly gpio: number;
  /** True where the device is on while the pin is low, as most relay boards are. */
  readonly activeLow: boolean;
}
