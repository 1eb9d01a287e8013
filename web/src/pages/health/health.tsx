import "../../style/health.css";
import type { HealthCheck, StatusMessage } from "../../../../src/server/wire.ts";
import { Icon } from "../../parts/icon.tsx";
import { Loading } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";
import { Charts } from "./charts.tsx";

/** How camera and machine are, and how that went since the page was opened. */
export function Health() {
  const text = useText();
  const status = useStore(useServices().feed.status);
  return (
    <>
      <h1>{text.pages.health}</h1>
      {status === null ? (
        <Loading />
      ) : (
        <>
          <Checks checks={status.health.checks} />
          <Charts />
          <Numbers status={status} />
        </>
      )}
    </>
  );
}

function Checks({ checks }: { checks: readonly HealthCheck[] }) {
  const text = useText();
  return (
    <section class="card" aria-labelledby="checks-title">
      <h2 id="checks-title">{text.health.checks}</h2>
      <ul class="health-checks">
        {checks.length === 0 && <li class="empty">{text.health.noChecks}</li>}
        {checks.map(({ name, status, message, fix }) => (
          <li key={name} data-status={status}>
            <Icon name={status === "ok" ? "check" : "warning"} />
            <div>
              <strong>{text.health.checkName(name)}</strong>{" "}
              <span class="hidden">{text.health.states[status]}: </span>
              <span>{message}</span>
              {fix !== undefined && <p class="fix">{fix}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Numbers({ status }: { status: StatusMessage }) {
  const text = useText();
  const { camera, detector, eventLoopDelayMs, live, model } = status;
  const milliseconds = (value: number | undefined, digits = 0): string =>
    value === undefined ? "–" : `${value.toFixed(digits)} ms`;
  const rows: [name: string, value: string][] = [
    [text.health.fps, detector.fps.toFixed(1)],
    [text.health.latency, milliseconds(detector.latencyMs?.p50)],
    [text.health.latencyP99, milliseconds(detector.latencyMs?.p99)],
    [text.health.eventLoop, milliseconds(eventLoopDelayMs?.p99, 1)],
    [text.health.dropped, text.number(detector.dropped)],
    [text.health.broken, text.number(camera.broken)],
    [text.health.viewers, text.number(live.viewers.webSocket + live.viewers.mjpeg)],
    [text.health.memory, `${Math.round(status.rssBytes / 1e6)} MB`],
    [text.health.uptime, text.duration(status.uptimeSeconds)],
    [text.health.version, status.version],
    [
      text.health.network,
      text.health.networkIs(model.name, model.inputWidth, model.inputHeight, model.kernels),
    ],
  ];
  return (
    <section class="card" aria-labelledby="numbers-title">
      <h2 id="numbers-title">{text.health.numbers}</h2>
      <dl id="numbers">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
