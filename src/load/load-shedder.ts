import type { Clock } from "../clock.ts";

/** What the program leaves out for now, so that the decision keeps its pace. */
export interface Shedding {
  /** Viewers get one of so many frames. */
  readonly viewerEvery: number;
  /** Width and height of the viewers' picture are divided by this. */
  readonly viewerDivisor: 1 | 2;
  /** The detector gets one of so many frames: for heat only. */
  readonly detectEvery: number;
}

/** Viewers first. The alarm's decision is never shed for load: nobody looks at it as long as it is late. */
const steps: readonly Omit<Shedding, "detectEvery">[] = [
  { viewerEvery: 1, viewerDivisor: 1 },
  { viewerEvery: 1, viewerDivisor: 2 },
  { viewerEvery: 2, viewerDivisor: 2 },
  { viewerEvery: 4, viewerDivisor: 2 },
];

const checkMs = 2000;
/** Frames in the system at any time, by Little's law; at 1 the detector never rests. */
const tooMany = 0.9;
const few = 0.6;
/** So many calm checks running give a step back. */
const calmChecks = 5;
/** From 80 °C on a Pi's firmware slows everything down. */
const hotC = 80;
const coolC = 75;

export interface LoadReport {
  /** How much is left out for viewers: 0 nothing, 3 the most. */
  step: number;
  /** Whether fewer frames are looked at since the processor is hot. */
  hot: boolean;
  /** Degrees Celsius; null where the machine does not tell. */
  temperatureC: number | null;
}

/**
 * Decides from the detector's results and the temperature how much to leave out.
 *
 * The load is the time that frames spend between camera and decision in each second: the mean number of frames in the
 * system. It says when the machine is too slow whatever the reason is: a slow core, a limit of its control group,
 * heat, viewers, or another program.
 */
export class LoadShedder {
  readonly #clock: Clock;
  readonly #readTemperature: () => number | null;
  readonly #onChange: (shedding: Shedding) => void;
  #latenciesMs = 0;
  #sinceMs: number;
  #calm = 0;
  #step = 0;
  #hot = false;
  #temperatureC: number | null = null;
  #cancel: (() => void) | null = null;

  /** @param readTemperature degrees Celsius, null where there is no sensor */
  constructor(clock: Clock, readTemperature: () => number | null, onChange: (shedding: Shedding) => void) {
    this.#clock = clock;
    this.#readTemperature = readTemperature;
    this.#onChange = onChange;
    this.#sinceMs = clock.now();
  }

  start(): void {
    this.#sinceMs = this.#clock.now();
    this.#schedule();
  }

  /** Idempotent. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** A frame has got its decision, so long after its capture. */
  add(latencyMs: number): void {
    this.#latenciesMs += latencyMs;
  }

  report(): LoadReport {
    return { step: this.#step, hot: this.#hot, temperatureC: this.#temperatureC };
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(checkMs, () => {
      this.#check();
      this.#schedule();
    });
  }

  #check(): void {
    const now = this.#clock.now();
    const load = this.#latenciesMs / (now - this.#sinceMs);
    this.#latenciesMs = 0;
    this.#sinceMs = now;
    this.#temperatureC = this.#readTemperature();
    const before = { step: this.#step, hot: this.#hot };
    this.#hot = this.#temperatureC !== null && this.#temperatureC >= (this.#hot ? coolC : hotC);
    this.#step = this.#nextStep(load);
    if (this.#step === before.step && this.#hot === before.hot) return;
    this.#onChange({ ...steps[this.#step]!, detectEvery: this.#hot ? 2 : 1 });
  }

  #nextStep(load: number): number {
    this.#calm = load < few && !this.#hot ? this.#calm + 1 : 0;
    if (load > tooMany || this.#hot) return Math.min(this.#step + 1, steps.length - 1);
    if (this.#calm < calmChecks) return this.#step;
    this.#calm = 0;
    return Math.max(0, this.#step - 1);
  }
}
