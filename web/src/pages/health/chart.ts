import "uplot/dist/uPlot.min.css";
import UPlot from "uplot";

export interface ChartLine {
  /** A custom property of the page's style. */
  color: string;
}

const heightPx = 140;

/** Lines over time, as wide as their place, in the colors of the scheme that the device asks for. */
export class Chart {
  readonly #place: HTMLElement;
  readonly #lines: readonly ChartLine[];
  readonly #timeOf: (ms: number) => string;
  readonly #resizes: ResizeObserver;
  readonly #listening = new AbortController();
  #plot: UPlot | null = null;
  #data: UPlot.AlignedData = [[]];

  /** @param timeOf what stands below a moment, in milliseconds since 1970 */
  constructor(place: HTMLElement, lines: readonly ChartLine[], timeOf: (ms: number) => string) {
    this.#timeOf = timeOf;
    this.#place = place;
    this.#lines = lines;
    this.#resizes = new ResizeObserver(() =>
      this.#plot?.setSize({ width: place.clientWidth, height: heightPx }),
    );
    this.#resizes.observe(place);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.#draw(), { signal: this.#listening.signal });
    this.#draw();
  }

  /** Times in seconds since 1970, then the values of each line; null leaves a gap. */
  show(data: UPlot.AlignedData): void {
    this.#data = data;
    this.#plot?.setData(data);
  }

  close(): void {
    this.#listening.abort();
    this.#resizes.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** A plot keeps the colors that it began with. */
  #draw(): void {
    this.#plot?.destroy();
    const style = getComputedStyle(this.#place);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis: UPlot.Axis = {
      stroke: color("--soft"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    const options: UPlot.Options = {
      width: this.#place.clientWidth,
      height: heightPx,
      legend: { show: false },
      cursor: { show: false },
      // From 0 on: a line that trembles by a thousandth would fill the whole height otherwise.
      scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.15 : 1] } },
      axes: [
        {
          ...axis,
          space: 90,
          size: 26,
          values: (_plot, seconds) => seconds.map((each) => this.#timeOf(each * 1000)),
        },
        { ...axis, size: 44, space: 34 },
      ],
      series: [
        {},
        ...this.#lines.map((line) => ({ stroke: color(line.color), width: 2, points: { show: false } })),
      ],
    };
    this.#plot = new UPlot(options, this.#data, this.#place);
  }
}
