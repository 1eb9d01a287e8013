import { useEffect, useRef } from "preact/hooks";
import type { Sample } from "../../live/history.ts";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";
import type { Chart, ChartLine } from "./chart.ts";

type Measure = Exclude<keyof Sample, "time">;

interface ChartKind {
  name: "latency" | "fps" | "temperature" | "memory" | "disk";
  unit: string;
  lines: readonly (ChartLine & { measure: Measure })[];
}

const chartKinds: readonly ChartKind[] = [
  {
    name: "latency",
    unit: "ms",
    lines: [
      { measure: "latencyMs", color: "--thing" },
      { measure: "latencyP99Ms", color: "--warn" },
    ],
  },
  { name: "fps", unit: "", lines: [{ measure: "fps", color: "--calm" }] },
  { name: "temperature", unit: "°C", lines: [{ measure: "temperatureC", color: "--alarm" }] },
  { name: "memory", unit: "MB", lines: [{ measure: "memoryMb", color: "--thing" }] },
  { name: "disk", unit: "GB", lines: [{ measure: "freeDiskGb", color: "--calm" }] },
];

/** How the camera ran since the page was opened. */
export function Charts() {
  const text = useText();
  const { feed } = useServices();
  useStore(feed.status);
  const { samples } = feed.history;
  return (
    <section aria-labelledby="charts-title" class="charts">
      <h2 id="charts-title">{text.health.overTime}</h2>
      <div class="chart-grid">
        {chartKinds.map((kind) => (
          <ChartCard key={kind.name} kind={kind} samples={samples} />
        ))}
      </div>
    </section>
  );
}

function ChartCard({ kind, samples }: { kind: ChartKind; samples: readonly Sample[] }) {
  const text = useText();
  const known = samples.some((sample) => kind.lines.some(({ measure }) => sample[measure] !== null));
  const last = samples.at(-1);
  return (
    <section class="card chart-card" aria-label={text.health.charts[kind.name]}>
      <header>
        <h3>{text.health.charts[kind.name]}</h3>
        <ul class="legend">
          {kind.lines.map(({ measure, color }) => (
            <li key={measure}>
              {kind.lines.length > 1 && (
                <>
                  <span class="swatch" style={{ background: `var(${color})` }} />
                  {text.health.lines[measure === "latencyP99Ms" ? "p99" : "p50"]}{" "}
                </>
              )}
              <strong>{written(last?.[measure] ?? null, kind.unit)}</strong>
            </li>
          ))}
        </ul>
      </header>
      {known ? <Plot kind={kind} samples={samples} /> : <p class="empty">{text.health.unknown}</p>}
    </section>
  );
}

function written(value: number | null, unit: string): string {
  return value === null ? "–" : `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`.trim();
}

/** The library that draws is loaded with the first chart. */
function Plot({ kind, samples }: { kind: ChartKind; samples: readonly Sample[] }) {
  const text = useText();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const latest = useRef(samples);
  latest.current = samples;
  useEffect(() => {
    let isWanted = true;
    void import("./chart.ts").then(({ Chart }) => {
      if (!isWanted) return;
      chart.current = new Chart(place.current!, kind.lines, (ms) => text.time(new Date(ms)));
      chart.current.show(columns(kind, latest.current));
    });
    return () => {
      isWanted = false;
      chart.current?.close();
      chart.current = null;
    };
  }, [kind, text]);
  useEffect(() => chart.current?.show(columns(kind, samples)));
  // The figures beside the title say the newest; a line has no other words.
  return <div ref={place} class="plot" aria-hidden="true" />;
}

/** Times, then the values of each line. */
function columns({ lines }: ChartKind, samples: readonly Sample[]): [number[], ...(number | null)[][]] {
  return [
    samples.map(({ time }) => time),
    ...lines.map(({ measure }) => samples.map((sample) => sample[measure])),
  ];
}
